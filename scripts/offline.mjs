// Runs what is deployed to AWS on this machine: aws/offline/main.ts.
import { mkdirSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
mkdirSync("build", { recursive: true });
const outfile = `${root}build/offline.mjs`;
await build({
	entryPoints: ["aws/offline/main.ts"],
	outfile,
	bundle: true,
	platform: "node",
	format: "esm",
	packages: "external",
	logLevel: "warning",
});
await import(pathToFileURL(outfile).href);
