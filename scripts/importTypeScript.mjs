import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a file of TypeScript exports, named from the project's folder: for scripts, which nothing compiles. */
export async function importTypeScript(entry) {
	const folder = join(root, "node_modules/.cache");
	mkdirSync(folder, { recursive: true });
	const outfile = join(folder, `${basename(entry, ".ts")}-${process.pid}.mjs`);
	const entryPoints = [join(root, entry)];
	await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", packages: "external" });
	try {
		return await import(pathToFileURL(outfile).href);
	} finally {
		rmSync(outfile);
	}
}
