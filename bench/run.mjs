// Bundles the benchmarks, which are TypeScript, and takes a copy of the built server: whoever builds meanwhile doesn't
// change what is measured. Then it runs them.
import { cpSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const BUILT = "bench/.build";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
cpSync("dist", `${BUILT}/product`, { recursive: true });
await build({
	entryPoints: [
		"bench/main.ts",
		"bench/load/main.ts",
		"bench/peers/officeServer.ts",
		"bench/peers/socketioServer.ts",
		"bench/peers/wsServer.ts",
		"bench/peers/honoServer.ts",
	],
	outbase: "bench",
	outdir: BUILT,
	bundle: true,
	splitting: true,
	platform: "node",
	target: "node20",
	format: "esm",
	packages: "external",
	logLevel: "warning",
});
// The writing thread's program lies beside the code that starts it, wherever the bundler has put that.
writeFileSync(`${BUILT}/libsql-writer.js`, 'import "./product/libsql-writer.js";\n');
await import("./.build/main.js");
