import type { Span } from "./matching.js";

/** A part of a text that shows what was found in it. */
export interface Snippet {
	/** As it was written; `…` stands for what is left out. */
	readonly text: string;
	/** What of it was looked for. */
	readonly marks: readonly Span[];
}

const LENGTH = 160;
const BEFORE = 40;
const LEFT_OUT = "…";

/** The part of the text in which most of the spans stand. */
export function snippetOf(text: string, spans: readonly Span[]): Snippet {
	const first = bestStart(spans);
	const start =
		text.length <= LENGTH ? 0 : atCharacter(text, Math.max(0, Math.min(first - BEFORE, text.length - LENGTH)));
	const end = atCharacter(text, Math.min(text.length, start + LENGTH));
	const before = start > 0 ? LEFT_OUT : "";
	const after = end < text.length ? LEFT_OUT : "";
	const shift = before.length - start;
	const marks = spans
		.filter(({ from, to }) => from >= start && to <= end)
		.map(({ from, to }) => ({ from: from + shift, to: to + shift }));
	return { text: before + text.slice(start, end) + after, marks };
}

function bestStart(spans: readonly Span[]): number {
	let best = { from: 0, count: 0 };
	for (const { from } of spans) {
		const count = spans.filter((span) => span.from >= from && span.to <= from + LENGTH - BEFORE).length;
		if (count > best.count) best = { from, count };
	}
	return best.from;
}

/** Not between the halves of a surrogate pair. */
function atCharacter(text: string, at: number): number {
	const unit = text.charCodeAt(at);
	return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
