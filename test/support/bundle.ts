import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll } from "@jest/globals";
import { bundleTypeScript } from "../../scripts/bundleTypeScript.mjs";
import { writerFile } from "./writerFile.js";

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
	// Who starts the thread that writes to database files looks for its program beside itself.
	copyFileSync(writerFile, join(folder, "libsql-writer.js"));
	const outfile = join(folder, `${basename(entry, ".ts")}.js`);
	await bundleTypeScript(resolve(entry), outfile);
	return outfile;
}
