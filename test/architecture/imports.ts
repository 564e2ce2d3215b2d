import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";

export interface Import {
	/** Below src/. */
	readonly file: string;
	/** One of our files, below src/; or a package's specifier. */
	readonly target: string;
	readonly own: boolean;
	/** Fetched when its importer is: neither a type nor an `import()`. */
	readonly loads: boolean;
}

export function sourceFiles(): string[] {
	return readdirSync("src", { recursive: true, encoding: "utf8" })
		.map((file) => file.replaceAll("\\", "/"))
		.filter((file) => file.endsWith(".ts"))
		.sort();
}

export function readSource(file: string): string {
	return readFileSync(`src/${file}`, "utf8");
}

/** What a source file imports, re-exports, or names in an `import()`. */
export function importsOf(file: string, text: string): Import[] {
	const found: Import[] = [];
	const add = (specifier: ts.Node | undefined, loads: boolean) => {
		if (!specifier || !ts.isStringLiteral(specifier)) return;
		const own = specifier.text.startsWith(".");
		const target = own ? posix.join(posix.dirname(file), specifier.text).replace(/\.js$/, ".ts") : specifier.text;
		found.push({ file, target, own, loads });
	};
	const visit = (node: ts.Node): void => {
		if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, !node.importClause?.isTypeOnly);
		else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, !node.isTypeOnly);
		else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false);
		else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
			add(node.arguments[0], false);
		ts.forEachChild(node, visit);
	};
	visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
	return found;
}
