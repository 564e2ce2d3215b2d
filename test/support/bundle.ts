import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll } from "@jest/globals";
import { build } from "esbuild";

/** What the thread runs that writes to database files: it's looked for beside who starts it. */
const WRITER = "src/storage/libsql/writerProgram.ts";

const folders: string[] = [];

afterAll(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/**
 * Bundles a TypeScript file (a path from the project's root) so that plain `node` can run or import it; answers the path
 * of what came of it. Packages stay outside and are found beside it. It's removed after the test file.
 */
export async function bundle(entry: string): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "stentor-bundle-"));
	folders.push(folder);
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
	writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
	const name = basename(entry, ".ts");
	await build({
		entryPoints: { [name]: resolve(entry), "libsql-writer": resolve(WRITER) },
		outdir: folder,
		bundle: true,
		platform: "node",
		target: "node20",
		format: "esm",
		packages: "external",
		sourcemap: "inline",
		logLevel: "warning",
	});
	return join(folder, `${name}.js`);
}
