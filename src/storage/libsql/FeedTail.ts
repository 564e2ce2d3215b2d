/** A row that was inserted: its number, and the record that was put. */
interface Row {
	readonly seq: number;
	readonly record: object;
	/** Of its JSON text. */
	readonly length: number;
}

/** How much of what was inserted last is kept: rows, and characters of their JSON. */
const ROWS = 2_000;
const LENGTH = 4_000_000;

/** The newest rows of a collection with a feed, so that who follows it closely is given them without a read. */
export class FeedTail {
	/** Numbered without a gap. */
	private rows: Row[] = [];
	private length = 0;

	/** To be called in the order of the commits; what isn't told leaves a gap, and nothing before it is kept. */
	add(row: Row): void {
		const last = this.rows.at(-1);
		if (last && row.seq !== last.seq + 1) this.clear();
		this.rows.push(row);
		this.length += row.length;
		while (this.rows.length > ROWS || this.length > LENGTH) this.length -= this.rows.shift()?.length ?? 0;
	}

	/** Up to `limit` records that follow this number; undefined where it doesn't know what follows. */
	after(seq: number, limit: number): { records: object[]; last: number } | undefined {
		const [first] = this.rows;
		const last = this.rows.at(-1);
		if (!first || !last || seq < first.seq - 1 || seq >= last.seq) return undefined;
		const at = seq + 1 - first.seq;
		const records = this.rows.slice(at, at + limit).map(({ record }) => record);
		return { records, last: seq + records.length };
	}

	/** What it has may not be so any more. */
	clear(): void {
		this.rows = [];
		this.length = 0;
	}
}
