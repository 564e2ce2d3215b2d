import { resolve } from "node:path";
import ts from "typescript";
import type { Block } from "./markdown.js";

const EXTENSIONS: Record<string, string> = { ts: "ts", js: "mjs" };

/** Checks all TypeScript and JavaScript blocks in one program, as files at the root of a project that has us installed. */
export function compile(blocks: readonly Block[]): string[] {
	const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
	const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd());
	Object.assign(options, {
		allowJs: true,
		checkJs: true,
		noImplicitAny: false,
		moduleDetection: ts.ModuleDetectionKind.Force,
	});

	const files = new Map<string, Block>();
	for (const block of blocks) {
		const extension = EXTENSIONS[block.language];
		if (extension) files.set(resolve(`block-${files.size}.${extension}`), block);
	}
	const host = ts.createCompilerHost(options);
	const { readFile, fileExists } = host;
	host.readFile = (file) => files.get(resolve(file))?.text ?? readFile(file);
	host.fileExists = (file) => files.has(resolve(file)) || fileExists(file);
	const { getSourceFile } = host;
	host.getSourceFile = (file, target, ...rest) => {
		const text = files.get(resolve(file))?.text;
		return text === undefined ? getSourceFile(file, target, ...rest) : ts.createSourceFile(file, text, target);
	};

	const program = ts.createProgram([...files.keys()], options, host);
	return [...files].flatMap(([file, block]) => {
		const source = program.getSourceFile(file);
		return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
			({ messageText }) => `${block.place}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
		);
	});
}
