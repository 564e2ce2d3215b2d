import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { compile } from "./compile.js";
import { type Block, blocksOf, documents, filesNamedIn } from "./markdown.js";

const { scripts, name } = JSON.parse(readFileSync("package.json", "utf8"));
const blocks = documents().flatMap(({ file, text }) => blocksOf(file, text));

describe("the documents", () => {
	test.each(documents())("$file names files that are there", ({ file, text }) => {
		const missing = filesNamedIn(text).filter((each) => !existsSync(each) && !existsSync(join(dirname(file), each)));
		expect(missing).toEqual([]);
	});

	test("have code that compiles", () => {
		expect(compile(blocks)).toEqual([]);
	});

	test("have JSON that parses", () => {
		for (const { language, text } of blocks) if (language === "json") expect(() => JSON.parse(text)).not.toThrow();
	});

	test("have commands that exist", () => {
		expect(unknownCommands(blocks)).toEqual([]);
	});

	test("say of every block what it is", () => {
		expect(blocks.filter(({ language }) => !["ts", "js", "json", "sh", "html", "text"].includes(language))).toEqual([]);
	});
});

describe("these checks", () => {
	const block = (language: string, text: string): Block => ({ place: "made-up", language, text });

	test("find code that doesn't compile", () => {
		const wrong = compile([
			block("ts", `import { RouterError } from "${name}/nowhere";`),
			block("ts", "const a: number = 'a';"),
			block("js", "noSuchFunction();"),
			block("ts", "const fine: number = 1; export { fine };"),
		]);
		expect(wrong).toHaveLength(3);
	});

	test("find commands that aren't there", () => {
		const text = "npm ci && npm run nothing\nnpm start\nnode scripts/nothing.mjs";
		expect(unknownCommands([block("sh", text)])).toEqual(["npm run nothing", "node scripts/nothing.mjs"]);
	});

	test("find files that aren't there", () => {
		expect(filesNamedIn("`src/index.ts`, [a](docs/nothing.md) and [b](https://example.com)")).toEqual([
			"src/index.ts",
			"docs/nothing.md",
		]);
	});
});

/** Those of a script of ours that package.json lacks, a subcommand that the CLI's help lacks, a file that isn't there. */
function unknownCommands(all: readonly Block[]): string[] {
	const commands = all
		.filter(({ language }) => language === "sh")
		.flatMap(({ text }) => text.split(/\n|&&/))
		.map((command) => command.trim().replace(/^([A-Z_]+=\S+ )+/, ""));
	let help: string | undefined;
	return commands.filter((command) => {
		const [program, first = "", second = ""] = command.split(/\s+/);
		if (program === "npm")
			return !(first === "run" ? second in scripts : first in scripts || /^(ci|i|install)$/.test(first));
		if (program === "node") return !existsSync(first) && first !== "dist/cli.js";
		if (program !== "npx" || first !== name || second.startsWith("-")) return false;
		help ??= execFileSync("node", ["dist/cli.js", "--help"], { encoding: "utf8" });
		return !new RegExp(`\\b${second}\\b`).test(help);
	});
}
