import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll } from "@jest/globals";
import { build } from "esbuild";

const folders: string[] = [];

afterAll(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/**
 * Bundles a TypeScript file (a path from the project's root) so that plain `node` can run or import it; answers the path
 * of the .mjs. Packages stay outside and are found beside it. It's removed after the test file.
 */
export async function bundle(entry: string): Promise<string> {
	const folder = mkdtempSync(join(tmpdir(), "stentor-bundle-"));
	folders.push(folder);
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
	const outfile = join(folder, `${basename(entry, ".ts")}.mjs`);
	await build({
		entryPoints: [resolve(entry)],
		outfile,
		bundle: true,
		platform: "node",
		target: "node20",
		format: "esm",
		packages: "external",
		sourcemap: "inline",
		logLevel: "warning",
	});
	return outfile;
}
