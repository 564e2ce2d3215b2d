import type { Storage } from "../Storage.js";
import type { IndexedText, TextIndex, TextPage, TextPlace, TextQuery } from "../TextIndex.js";
import { distinctWordsOf } from "../wordsOf.js";
import { type Begin, beginIn, groupIn } from "./cursors.js";
import { bucketOf, indexedTexts, placeOf, type TextRecord, textWords } from "./records.js";

/** A text is found by this many of its words; of a longer one by the first of them. */
const WORDS = 60;
/** How many records a page of a query reads, and how many pages are read for one answer at most. */
const PAGE = 200;
const READS = 5;
/** How many texts are written beside each other. */
const BESIDE = 8;

/**
 * Words in a storage that can't search: a record for each word of a text, and one for the text. So a text costs one write
 * more than it has different words, and a query reads the places of one of its words: the longest, which is taken for the
 * rarest, for what has the others too.
 */
export class WordTextIndex implements TextIndex {
	constructor(private readonly storage: Storage) {}

	async add(texts: readonly IndexedText[]): Promise<void> {
		for (let at = 0; at < texts.length; at += BESIDE) {
			await Promise.all(texts.slice(at, at + BESIDE).map((text) => this.addOne(text)));
		}
	}

	async find(query: TextQuery, part: { limit: number; from?: string }): Promise<TextPage> {
		return query.groups ? this.findIn(query.groups, query, part) : this.findByWord(query, part);
	}

	async remove(group: string): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.storage.query(indexedTexts, { hash: group, limit: PAGE, cursor });
			for (const text of page.records) await this.removeOne(text);
			cursor = page.cursor;
		} while (cursor);
	}

	/** The text's own record comes first, and goes last: what is found by a word can always be removed. */
	private async addOne({ scope, group, number, timeMs, text: said }: IndexedText): Promise<void> {
		const words = distinctWordsOf(said).slice(0, WORDS);
		if (words.length === 0) return;
		const text: TextRecord = { group, number, scope, timeMs, words };
		await this.storage.put(indexedTexts, text);
		const records = words.map((word) => ({
			bucket: bucketOf(scope, word),
			place: placeOf(word, text),
			group,
			number,
			words,
		}));
		await Promise.all(records.map((record) => this.storage.put(textWords, record)));
	}

	private async removeOne(text: TextRecord): Promise<void> {
		const keys = text.words.map((word) => [bucketOf(text.scope, word), placeOf(word, text)] as const);
		await Promise.all(keys.map((key) => this.storage.delete(textWords, key)));
		await this.storage.delete(indexedTexts, [text.group, text.number]);
	}

	private async findByWord(query: TextQuery, { limit, from }: { limit: number; from?: string }): Promise<TextPage> {
		const { scope, words, prefix } = query;
		const longest = words.reduce<string | undefined>(
			(best, each) => (!best || each.length > best.length ? each : best),
			undefined,
		);
		const by = longest ?? prefix ?? "";
		const hash = bucketOf(scope, by);
		const prefixed = longest === undefined ? by : `${by}/`;
		const begin: Begin = from === undefined ? {} : beginIn(from, prefixed);
		const range = begin.at === undefined ? { prefix: prefixed } : { between: [begin.at, `${prefixed}\uffff`] as const };
		const places: TextPlace[] = [];
		let first: string | undefined;
		let cursor = begin.cursor;
		for (let reads = 0; reads < READS; reads++) {
			const page = await this.storage.query(textWords, { hash, range, limit: Math.min(limit, PAGE), cursor });
			first ??= page.records[0]?.place;
			places.push(...page.records.filter((record) => hasAll(record, query)).map(placeIn));
			cursor = page.cursor;
			if (cursor === undefined || places.length >= limit) break;
		}
		const at = begin.at ?? first;
		const here = begin.cursor === undefined ? JSON.stringify({ at } satisfies Begin) : from;
		return cursor === undefined
			? { places, here }
			: { places, here, next: JSON.stringify({ at, cursor } satisfies Begin) };
	}

	/** Reads the groups' texts: they're few. */
	private async findIn(
		groups: readonly string[],
		query: TextQuery,
		{ limit, from }: { limit: number; from?: string },
	): Promise<TextPage> {
		const places: TextPlace[] = [];
		let [group, next] = from === undefined ? [0, undefined] : groupIn(from);
		for (let reads = 0; reads < READS && group < groups.length && places.length < limit; reads++) {
			const hash = groups[group] ?? "";
			const page = await this.storage.query(indexedTexts, { hash, order: "desc", limit: PAGE, cursor: next });
			const found = page.records.filter((record) => record.scope === query.scope && hasAll(record, query));
			places.push(...found.map(placeIn));
			next = page.cursor;
			if (next === undefined) group++;
		}
		return group < groups.length ? { places, next: JSON.stringify([group, next]) } : { places };
	}
}

function hasAll({ words: has }: { readonly words: readonly string[] }, { words, prefix }: TextQuery): boolean {
	if (!words.every((word) => has.includes(word))) return false;
	return prefix === undefined || has.some((word) => word.startsWith(prefix));
}

function placeIn({ group, number }: TextPlace): TextPlace {
	return { group, number };
}
