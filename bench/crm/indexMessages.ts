import { MessageIndexing } from "../../src/crm/search/MessageIndexing.js";
import { entries } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { ProgressBar } from "../../src/server/cli/ProgressBar.js";
import { MESSAGES } from "../../src/server/openStorage.js";
import { Connection } from "../../src/storage/libsql/Connection.js";
import { LibsqlTable } from "../../src/storage/libsql/LibsqlTable.js";
import { LibsqlTextIndex } from "../../src/storage/libsql/LibsqlTextIndex.js";
import { TextIndexWriter } from "../../src/storage/libsql/TextIndexWriter.js";
import { prepareTextIndex } from "../../src/storage/libsql/textTables.js";
import type { Job } from "../../src/storage/libsql/Writer.js";

const PAGE = 1_000;
/** How many pages a transaction holds. */
const PAGES = 50;

/** Gives the product's own indexing all that was said in a database which it isn't searched for yet. */
export async function indexMessages(path: string): Promise<void> {
	const connection = new Connection(path);
	for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -2000000"]) {
		connection.all(`PRAGMA ${pragma}`);
	}
	prepareTextIndex(connection, MESSAGES);
	const writer = new TextIndexWriter(connection, MESSAGES);
	const run = async (job: Job) => {
		if ("add" in job) writer.add(job.add);
		return {};
	};
	const indexing = new MessageIndexing(new LibsqlTextIndex(MESSAGES, connection, { run }), 0);
	const hurry = AbortSignal.abort();
	const table = new LibsqlTable(connection, entries);
	const [total] = connection.get("SELECT max(seq) FROM c_entries") ?? [];
	const bar = new ProgressBar("  words", Number(total));
	connection.exec("BEGIN");
	let at = 0;
	for (let page = 1; ; page++) {
		const { texts, last } = table.insertedAfter(at, PAGE, Date.now());
		if (texts.length === 0) break;
		await indexing.onEntries(texts.map((text) => JSON.parse(text) as Entry));
		await indexing.settled(hurry);
		at = last;
		if (page % PAGES !== 0) continue;
		bar.show(at);
		connection.exec("COMMIT; BEGIN");
	}
	// As a server does in its first minutes.
	while (writer.merge(PAGE)) bar.show(at);
	connection.exec("COMMIT");
	bar.show(at);
	bar.end();
	connection.all("PRAGMA journal_mode = WAL");
	connection.close();
}
