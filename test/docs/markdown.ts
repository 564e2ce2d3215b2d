import { readdirSync, readFileSync } from "node:fs";

export interface Block {
	/** E.g. `README.md:12`. */
	readonly place: string;
	readonly language: string;
	readonly text: string;
}

/** Every document that users read. */
export function documents(): { readonly file: string; readonly text: string }[] {
	const docs = readdirSync("docs").map((file) => `docs/${file}`);
	return [...readdirSync("."), ...docs]
		.filter((file) => file.endsWith(".md"))
		.map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** The fenced code blocks of a document. */
export function blocksOf(file: string, markdown: string): Block[] {
	return [...markdown.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map(({ 1: language = "", 2: text = "", index }) => ({
		place: `${file}:${markdown.slice(0, index).split("\n").length}`,
		language,
		text,
	}));
}

/** The files that a document names, in backticks or as the target of a link. */
export function filesNamedIn(markdown: string): string[] {
	const quoted = [...markdown.matchAll(/`((?:src|test|docs|examples|bench|scripts)\/[\w./-]*)`/g)];
	const linked = [...markdown.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)];
	return [...quoted, ...linked].map(([, file = ""]) => file);
}
