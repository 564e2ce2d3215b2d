import { build } from "esbuild";

/** Before all tests: what the thread that writes to database files runs (see writerFile.ts) is built from its source. */
export default async function buildWriter() {
	await build({
		entryPoints: ["src/storage/libsql/writerProgram.ts"],
		outfile: "test/.build/libsql-writer.js",
		bundle: true,
		platform: "node",
		target: "node20",
		format: "esm",
		packages: "external",
		sourcemap: "inline",
		logLevel: "warning",
	});
}
