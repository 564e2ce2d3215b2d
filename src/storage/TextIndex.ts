/**
 * Finds texts by the words in them. A text is known by its group and its number in it, as a message is by its session;
 * its words are what `distinctWordsOf` makes of it (wordsOf.ts), and queries name words that were made so.
 * Every sentence here is a case of the exported suite, `textIndexSuite` in `stentor-chat-router/testing`.
 */
export interface TextIndex {
	/** Texts can be found when it resolves. One that's there already stays as it is. */
	add(texts: readonly IndexedText[]): Promise<void>;
	/**
	 * Where the texts of a scope are that have all the words, about in the order of their times, the newest first; `next`
	 * continues, and is absent at the end. A page may be shorter than asked for although more follows. Throws `invalid_query`
	 * for a `from` that no page told.
	 */
	find(query: TextQuery, part: { readonly limit: number; readonly from?: string }): Promise<TextPage>;
	/** Removes the texts of a group. Removing what isn't there is fine. */
	remove(group: string): Promise<void>;
}

export interface IndexedText {
	/** Texts of one scope aren't found by queries of another. */
	readonly scope: string;
	/** Unique among all scopes. */
	readonly group: string;
	readonly number: number;
	/** Epoch milliseconds. */
	readonly timeMs: number;
	readonly text: string;
}

export interface TextQuery {
	readonly scope: string;
	/** At least one word or a prefix. */
	readonly words: readonly string[];
	/** How another word of the text begins; 3 letters or more. */
	readonly prefix?: string;
	/** Only in these groups, up to 100. Default: in all. */
	readonly groups?: readonly string[];
}

export interface TextPlace {
	readonly group: string;
	readonly number: number;
}

export interface TextPage {
	readonly places: readonly TextPlace[];
	/** Without groups: asked `from` here, the same page comes again, whatever has been added since. */
	readonly here?: string;
	readonly next?: string;
}
