import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

/** The package as it's built, so that what the build makes of an `import()` counts. */
const folder = mkdtempSync(join(tmpdir(), "stentor-loading-"));

beforeAll(() => {
	execFileSync("node", ["node_modules/tsup/dist/cli-default.js", "--silent", "--out-dir", folder]);
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
	writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The vendors' libraries that a process has loaded half a second after it ran `code`. */
function loadedBy(format: "esm" | "cjs", code: string, env: object): string[] {
	const report = `setTimeout(() => console.log(JSON.stringify(Object.keys(Module._cache))), 500);`;
	const [file, imports] =
		format === "esm"
			? ["run.mjs", 'import { PostOffice } from "./index.js"; import Module from "node:module";']
			: ["run.cjs", 'const { PostOffice } = require("./index.cjs"); const Module = require("node:module");'];
	writeFileSync(join(folder, file), `${imports}\n${code}\n${report}`);
	const options = { cwd: folder, encoding: "utf8", stdio: "pipe", env: { PATH: process.env.PATH, ...env } } as const;
	const modules: string[] = JSON.parse(execFileSync("node", [file], options));
	const packages = modules.map(
		(path) =>
			path
				.split("node_modules/")
				.at(-1)
				?.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? "",
	);
	return [...new Set(packages)].filter((name) =>
		/^(@aws-sdk\/client|libsql|ws$|pino|axios|jose|@slack|hono)/.test(name),
	);
}

describe.each(["esm", "cjs"] as const)("the package as %s", (format) => {
	const office = 'const office = new PostOffice({ topic: "topic" });';

	test("loads no vendor's library when it's imported and a post office is built", () => {
		expect(loadedBy(format, office, {})).toEqual([]);
	});

	test("loads what keeps records, and only that, as soon as a post office is built in a Lambda", () => {
		const env = { AWS_LAMBDA_FUNCTION_NAME: "chat", AWS_REGION: "eu-west-1" };
		expect(loadedBy(format, office, env)).toEqual(["@aws-sdk/client-dynamodb"]);
	});
});
