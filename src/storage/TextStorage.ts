import { decodeCursor, encodeCursor, feedPlace } from "./cursor.js";
import { type PreparedWrite, prepareWrite, prepareWrites } from "./evaluate.js";
import { checkBatch, checkKey } from "./key.js";
import { checkLimit } from "./query.js";
import type { AnyCollection, Change, Collection, Condition, Key, Page, Query, Storage, Write } from "./Storage.js";

/** A page of records as JSON texts. */
export interface TextPage {
	readonly texts: string[];
	readonly cursor?: string;
}

/** Records that were inserted, as JSON texts or as they were put, and the number to continue from. */
export type Insertions = { readonly last: number } & ({ readonly texts: string[] } | { readonly records: object[] });

/** What storages have in common that keep records as JSON text in this process, and number each insertion. */
export abstract class TextStorage implements Storage {
	readonly maxWrites = 100;

	/** The text of the live record of this well-formed key. */
	protected abstract read(collection: AnyCollection, key: Key): string | undefined;
	/**
	 * Writes all or nothing, each transaction after the one that was called before; answers the texts of the records that
	 * were updated, in the order of the writes.
	 */
	protected abstract write(writes: readonly PreparedWrite[]): Promise<readonly string[]>;
	/** Throws `invalid_query`. */
	protected abstract page(collection: AnyCollection, query: Query): TextPage;
	/** The live records inserted after this number (0: from the oldest on), and the number that continues. */
	protected abstract inserted(collection: AnyCollection, after: number, limit: number): Insertions;

	abstract close(): Promise<void>;

	async get<R extends object>(collection: Collection<R>, key: Key): Promise<R | undefined> {
		checkKey(collection, key);
		return parse<R>(this.read(collection, key));
	}

	async batchGet<R extends object>(collection: Collection<R>, keys: readonly Key[]): Promise<(R | undefined)[]> {
		checkBatch(collection, keys);
		return keys.map((key) => parse<R>(this.read(collection, key)));
	}

	async put<R extends object>(collection: Collection<R>, record: R, condition?: Condition): Promise<void> {
		await this.write([prepareWrite({ put: collection, record, if: condition })]);
	}

	async update<R extends object>(
		collection: Collection<R>,
		key: Key,
		change: Change,
		condition?: Condition,
	): Promise<R> {
		const [text = "{}"] = await this.write([prepareWrite({ update: collection, key, change, if: condition })]);
		return JSON.parse(text) as R;
	}

	async delete<R extends object>(collection: Collection<R>, key: Key, condition?: Condition): Promise<void> {
		await this.write([prepareWrite({ delete: collection, key, if: condition })]);
	}

	async query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>> {
		const { texts, cursor } = this.page(collection, query);
		return { records: texts.map((text) => JSON.parse(text) as R), ...(cursor !== undefined && { cursor }) };
	}

	async transact(writes: readonly Write[]): Promise<void> {
		await this.write(prepareWrites(writes, this.maxWrites));
	}

	async feed<R extends object>(
		collection: Collection<R>,
		from: string | undefined,
		limit: number,
	): Promise<{ records: R[]; cursor: string }> {
		checkLimit(limit);
		const place = feedPlace(collection);
		const after = from === undefined ? 0 : Number(decodeCursor(place, from, ["number"])[0]);
		const inserted = this.inserted(collection, after, limit);
		const records = "texts" in inserted ? inserted.texts.map((text) => JSON.parse(text)) : inserted.records;
		return { records: records as R[], cursor: encodeCursor(place, [inserted.last]) };
	}
}

function parse<R>(text: string | undefined): R | undefined {
	return text === undefined ? undefined : (JSON.parse(text) as R);
}
