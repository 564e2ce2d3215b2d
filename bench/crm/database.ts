import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { crmCollections } from "../../src/crm/collections.js";
import type { Customer } from "../../src/crm/customers/records.js";
import { collections, entries, feedCursors } from "../../src/delivery/records.js";
import { serverKeys } from "../../src/server/aliasSecret.js";
import { ProgressBar } from "../../src/server/cli/ProgressBar.js";
import { demoSessions } from "../../src/server/demo/DemoSessions.js";
import { TOPIC } from "../../src/server/topic.js";
import { encodeCursor, feedPlace } from "../../src/storage/cursor.js";
import { BulkWriter } from "./BulkWriter.js";
import { indexMessages } from "./indexMessages.js";
import { customerOf, SECRET, writeConversation, writeCustomer } from "./records.js";

/** Where databases are kept from run to run. */
const FOLDER = "bench/.data";
const MINUTE = 60_000;
/** Over how long the conversations are spread. */
const SPAN_DAYS = 700;
/** Who reads the feed: there's nothing left for them to read. */
const READERS = ["crm-conversations", "crm-search", "demo-sessions"];

export interface GivenDatabase {
	readonly conversations: number;
	/** The server's own folder; `data` in it is its DATA_DIR. */
	readonly folder: string;
	readonly bytes: number;
	/** Absent for one that was there. */
	readonly madeInSeconds?: number;
}

/** A database of so many conversations: the one that's there, or a new one, which takes some minutes a million. */
export async function givenDatabase(conversations: number): Promise<GivenDatabase> {
	const folder = join(process.cwd(), FOLDER, String(conversations));
	const data = join(folder, "data");
	const file = join(data, "chat.db");
	const bytes = () => statSync(file).size;
	if (existsSync(file)) return { conversations, folder, bytes: bytes() };
	mkdirSync(data, { recursive: true });
	const unfinished = join(folder, "unfinished.db");
	rmSync(unfinished, { force: true });
	const begun = performance.now();
	generate(unfinished, conversations);
	await indexMessages(unfinished);
	renameSync(unfinished, file);
	return { conversations, folder, bytes: bytes(), madeInSeconds: (performance.now() - begun) / 1000 };
}

function generate(path: string, conversations: number): void {
	const writer = new BulkWriter(path, [...collections, ...crmCollections, demoSessions, serverKeys]);
	writer.insert(serverKeys, { name: "alias", secret: SECRET });
	const begin = Date.now() - SPAN_DAYS * 24 * 60 * MINUTE;
	const everyMs = (SPAN_DAYS * 24 * 60 * MINUTE) / conversations;
	const customers: Customer[] = [];
	const bar = new ProgressBar(`${conversations} conversations`, conversations);
	let messages = 0;
	for (let number = 0; number < conversations; number++) {
		if (number % 10_000 === 0) bar.show(number);
		const openedAt = Math.floor(begin + number * everyMs);
		const customerNumber = customerOf(number, conversations);
		let customer = customers[customerNumber];
		if (!customer) {
			customer = writeCustomer(writer, customerNumber, openedAt);
			customers[customerNumber] = customer;
		}
		messages += writeConversation(writer, number, customer, openedAt).length;
	}
	for (const reader of READERS) {
		const cursor = encodeCursor(feedPlace(entries), [messages]);
		writer.insert(feedCursors, { reader: `${TOPIC}/${reader}`, cursor });
	}
	bar.show(conversations);
	bar.end();
	process.stderr.write("  indexes\n");
	writer.close();
}
