import { expect, test } from "@jest/globals";
import { feed } from "../../src/aws/functions/worker.js";
import { toItem } from "../../src/storage/dynamodb/values.js";
import { TestOffice } from "../support/office.js";

function inserted(session: string, seq: number) {
	const NewImage = toItem({ session: `test/shop/${session}`, seq, content: { type: "message", text: `${seq}` } });
	return { eventName: "INSERT", dynamodb: { SequenceNumber: `${session}${seq}`, NewImage } };
}

function officeThatFailsFor(...sessions: string[]) {
	const { office } = new TestOffice({ feed: "given" });
	const given: string[] = [];
	office.plug({
		name: "a",
		async onEntries(entries) {
			const failing = entries.find(({ session }) => sessions.some((each) => session === `test/shop/${each}`));
			if (failing) throw new Error("not now");
			given.push(...entries.map(({ session, seq }) => `${session.at(-1)}${seq}`));
		},
	});
	return { office, given };
}

const batch = [inserted("a", 1), inserted("b", 1), inserted("c", 1), inserted("b", 2), inserted("a", 2)];
const ignored = { eventName: "MODIFY", dynamodb: { NewImage: toItem({ session: "test/shop/a", seq: 1 }) } };

test("plugins are given what was inserted, in its order", async () => {
	const { office, given } = officeThatFailsFor();
	const failures: unknown[] = [];
	const result = await feed(office, [ignored, ...batch], (error) => failures.push(error));
	expect(result).toEqual({ batchItemFailures: [] });
	expect(given).toEqual(["a1", "b1", "c1", "b2", "a2"]);
	expect(failures).toEqual([]);
});

test("where a session fails, the others are served, and the batch comes again from its first entry on", async () => {
	const { office, given } = officeThatFailsFor("b");
	const failures: unknown[] = [];
	const result = await feed(office, batch, (error) => failures.push(error));
	expect(result).toEqual({ batchItemFailures: [{ itemIdentifier: "b1" }] });
	expect(given).toEqual(["a1", "a2", "c1"]);
	expect(failures).toHaveLength(2);
});

test("what failed only once isn't asked for again", async () => {
	const { office } = new TestOffice({ feed: "given" });
	let fails = 1;
	office.plug({
		name: "a",
		async onEntries() {
			if (fails-- > 0) throw new Error("not now");
		},
	});
	expect(await feed(office, batch, () => {})).toEqual({ batchItemFailures: [] });
});
