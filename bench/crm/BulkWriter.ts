import { prepareWrite } from "../../src/storage/evaluate.js";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { prepareDatabase } from "../../src/storage/libsql/schema.js";
import { TableWriter } from "../../src/storage/libsql/TableWriter.js";
import type { AnyCollection, Collection } from "../../src/storage/Storage.js";

/** How many records a transaction holds. */
const BATCH = 50_000;

/**
 * Fills a new database file as fast as SQLite can, with the statements and encodings of the product's own adapter.
 * Nothing of it is safe before `close`: who dies meanwhile begins anew.
 */
export class BulkWriter {
	readonly connection: Connection;
	private readonly writers: ReadonlyMap<string, TableWriter>;
	private pending = 0;

	constructor(
		path: string,
		private readonly collections: readonly AnyCollection[],
	) {
		this.connection = new Connection(path);
		this.writers = new Map(collections.map((each) => [each.name, new TableWriter(this.connection, each)]));
		for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000", "temp_store = FILE"]) {
			this.connection.all(`PRAGMA ${pragma}`);
		}
		prepareDatabase(this.connection, collections);
		// Made again at the end, each in one go.
		const indexes = this.connection.all("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
		for (const [name] of indexes) this.connection.exec(`DROP INDEX "${String(name).replaceAll('"', '""')}"`);
		this.connection.exec("BEGIN");
	}

	insert<R extends object>(collection: Collection<R>, record: R): void {
		const { key, action } = prepareWrite({ put: collection, record });
		if (!("put" in action)) return;
		this.writers.get(collection.name)?.apply({ collection, key, existed: false, after: action.put });
		this.wrote();
	}

	/** Something was written over `connection`. */
	wrote(): void {
		if (++this.pending < BATCH) return;
		this.pending = 0;
		this.connection.exec("COMMIT; BEGIN");
	}

	/** Makes the indexes, and leaves the file as the server expects it. */
	close(): void {
		this.connection.exec("COMMIT");
		prepareDatabase(this.connection, this.collections);
		this.connection.all("PRAGMA journal_mode = WAL");
		this.connection.close();
	}
}
