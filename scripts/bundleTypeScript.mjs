import { build } from "esbuild";

/** Makes a file that plain `node` runs, or imports, of one of TypeScript; packages stay outside and are found beside it. */
export async function bundleTypeScript(entry, outfile) {
	await build({
		entryPoints: [entry],
		outfile,
		bundle: true,
		platform: "node",
		target: "node20",
		format: "esm",
		packages: "external",
		sourcemap: "inline",
		logLevel: "warning",
	});
}
