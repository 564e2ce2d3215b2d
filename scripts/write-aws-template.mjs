// Writes what serverless.yml takes from the sources: the tables, and what each function may do. Run it after a collection
// or src/aws/template/ has changed; a test compares.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(root, "node_modules", ".aws-template-"));
try {
	const outfile = join(folder, "template.mjs");
	await build({
		entryPoints: [join(root, "src/aws/template/index.ts")],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		packages: "external",
		logLevel: "warning",
	});
	const { tableResources, roleResources } = await import(pathToFileURL(outfile).href);
	for (const [name, Resources] of Object.entries({ tables: tableResources(), roles: roleResources() })) {
		const file = join(root, "aws", `${name}.json`);
		writeFileSync(file, JSON.stringify({ Resources }, null, 2));
		execFileSync(join(root, "node_modules/.bin/biome"), ["format", "--write", file], { cwd: root, stdio: "ignore" });
	}
} finally {
	rmSync(folder, { recursive: true });
}
