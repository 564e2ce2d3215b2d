// Writes what serverless.yml takes from the sources: the tables, and what each function may do. Run it after a collection
// or src/aws/template/ has changed; a test compares.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./importTypeScript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { tableResources, roleResources } = await importTypeScript("src/aws/template/index.ts");
for (const [name, Resources] of Object.entries({ tables: tableResources(), roles: roleResources() })) {
	const file = join(root, "aws", `${name}.json`);
	writeFileSync(file, JSON.stringify({ Resources }, null, 2));
	execFileSync(join(root, "node_modules/.bin/biome"), ["format", "--write", file], { cwd: root, stdio: "ignore" });
}
