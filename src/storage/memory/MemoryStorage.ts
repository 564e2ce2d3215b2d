import { evaluate, type PreparedWrite, updatedTexts } from "../evaluate.js";
import { undeclared } from "../key.js";
import type { AnyCollection, Key, Query } from "../Storage.js";
import { type TextPage, TextStorage } from "../TextStorage.js";
import { MemoryTable } from "./MemoryTable.js";

export interface MemoryStorageOptions {
	/** The only collections it takes. Default: any. */
	readonly collections?: readonly AnyCollection[];
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

/** Keeps records in this process, as JSON text: for tests, and for what may be forgotten. */
export class MemoryStorage extends TextStorage {
	private readonly tables = new Map<string, MemoryTable>();
	private readonly takesAny: boolean;
	private readonly clock: () => number;

	constructor({ collections, clock = Date.now }: MemoryStorageOptions = {}) {
		super();
		for (const collection of collections ?? []) this.tables.set(collection.name, new MemoryTable(collection));
		this.takesAny = collections === undefined;
		this.clock = clock;
	}

	protected override read(collection: AnyCollection, key: Key): string | undefined {
		return this.table(collection).read(key, this.clock());
	}

	/** Nothing here waits, so that no other call sees half of it. */
	protected override async write(writes: readonly PreparedWrite[]): Promise<string[]> {
		const now = this.clock();
		const effects = evaluate(writes, (collection, key) => this.table(collection).read(key, now));
		for (const effect of effects) this.table(effect.collection).apply(effect);
		return updatedTexts(writes, effects);
	}

	protected override page(collection: AnyCollection, query: Query): TextPage {
		return this.table(collection).query(query, this.clock());
	}

	protected override inserted(collection: AnyCollection, after: number, limit: number) {
		return this.table(collection).insertedAfter(after, limit, this.clock());
	}

	async close(): Promise<void> {}

	private table(collection: AnyCollection): MemoryTable {
		const table = this.tables.get(collection.name);
		if (table) return table;
		if (!this.takesAny) throw undeclared(collection);
		const added = new MemoryTable(collection);
		this.tables.set(collection.name, added);
		return added;
	}
}
