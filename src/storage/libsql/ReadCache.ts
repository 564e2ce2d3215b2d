/** How much is kept for each collection: records, and characters of their JSON. */
const RECORDS = 10_000;
const LENGTH = 4_000_000;

/**
 * The JSON texts of records that were read lately, by their hash: SQLite takes longer to find one than all else that's
 * done for most requests. One process owns the file, so only its own writes make a text old.
 */
export class ReadCache {
	/** `undefined`: there's no such record. */
	private readonly texts = new Map<string, string | undefined>();
	private length = 0;
	/** How many writes of each are under way: until they're done, either state may be read, but never the newer one first. */
	private readonly changing = new Map<string, number>();

	/** The record's text as it's kept, or as `read` finds it. */
	get(hash: string, read: () => string | undefined): string | undefined {
		const known = this.texts.get(hash);
		if (known !== undefined || this.texts.has(hash)) return known;
		const text = read();
		if (!this.changing.has(hash)) this.keep(hash, text);
		return text;
	}

	/** The record is about to be written. */
	begin(hash: string): void {
		this.drop(hash);
		this.changing.set(hash, (this.changing.get(hash) ?? 0) + 1);
	}

	/** The write is over, however it ended. */
	end(hash: string): void {
		const others = (this.changing.get(hash) ?? 1) - 1;
		if (others > 0) this.changing.set(hash, others);
		else this.changing.delete(hash);
	}

	private keep(hash: string, text: string | undefined): void {
		this.texts.set(hash, text);
		this.length += text?.length ?? 0;
		while (this.texts.size > RECORDS || this.length > LENGTH) {
			const [oldest] = this.texts.keys();
			if (oldest === undefined) return;
			this.drop(oldest);
		}
	}

	private drop(hash: string): void {
		this.length -= this.texts.get(hash)?.length ?? 0;
		this.texts.delete(hash);
	}
}
