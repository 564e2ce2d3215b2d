import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundleTypeScript } from "./bundleTypeScript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a file of TypeScript exports, named from the project's folder: for scripts, which nothing compiles. */
export async function importTypeScript(entry) {
	const outfile = join(root, "node_modules/.cache", `${basename(entry, ".ts")}-${process.pid}.mjs`);
	await bundleTypeScript(join(root, entry), outfile);
	try {
		return await import(pathToFileURL(outfile).href);
	} finally {
		rmSync(outfile);
	}
}
