import { expect, test } from "@jest/globals";
import { deskChanges, deskSubscriptions } from "../../../src/crm/desk/shared/records.js";
import { eventually } from "../../support/eventually.js";
import { APP, DeskGiven } from "./given.js";

/** What the storage was asked for, from now on, by the collection's name. */
function asked({ storage }: DeskGiven): string[] {
	const calls: string[] = [];
	const { query, put, batchGet } = storage;
	storage.query = (collection, ...rest) => {
		calls.push(`query ${collection.name}`);
		return query.call(storage, collection, ...rest) as never;
	};
	storage.put = (collection, ...rest) => {
		calls.push(`put ${collection.name}`);
		return put.call(storage, collection, ...rest);
	};
	storage.batchGet = (collection, ...rest) => {
		calls.push(`batchGet ${collection.name}`);
		return batchGet.call(storage, collection, ...rest) as never;
	};
	return calls;
}

async function changed(given: DeskGiven, ...ids: string[]) {
	if (!("changed" in given.desk)) throw new Error("This desk isn't shared.");
	await given.desk.changed(ids.map((id) => ({ app: APP, id })));
}

test("while nobody has subscribed, a batch of changes costs one query", async () => {
	const given = new DeskGiven({ isShared: true, gapMs: 60_000 });
	await given.conversations.open(APP, { customer: { email: "ada@example.com" } });
	const calls = asked(given);
	await changed(given, "a", "b", "c");
	expect(calls).toEqual(["query deskSubscriptions"]);
});

test("a batch of changes is read and written down once, however many they and the subscribers are", async () => {
	const given = new DeskGiven({ isShared: true, gapMs: 60_000 });
	const agents = [await given.subscriber("grace"), await given.subscriber("alan")];
	const open = (email: string) => given.conversations.open(APP, { customer: { email } });
	const opened = [await open("ada@example.com"), await open("bob@example.com"), await open("carl@example.com")];
	const ids = opened.map(({ conversation }) => conversation.id);
	await changed(given, ...ids);
	const calls = asked(given);
	await changed(given, ...ids, ...ids);
	expect(calls.sort()).toEqual([
		"batchGet conversationActivity",
		"batchGet conversations",
		"put deskChanges",
		"query deskSubscriptions",
	]);
	for (const agent of agents) {
		agent.read();
		expect([...agent.shown.keys()].sort()).toEqual([...ids].sort());
		expect(agent.client.of("conversation")).toHaveLength(6);
	}
});

test("a connection that turns out to be gone without anybody telling is told nothing more, and its agent catches up", async () => {
	const given = new DeskGiven({ isShared: true });
	const grace = await given.subscriber("grace");
	const visitor = await given.asking("One");
	const id = visitor.sessionId;
	await grace.shows(id, (shown) => expect(shown?.messageCount).toBe(1));
	const { connection } = grace.client;
	given.at.transport.drop(connection);
	await visitor.say("Two");
	await eventually(async () => {
		const { records } = await given.storage.query(deskSubscriptions, { hash: `${given.at.office.topic}/${APP}` });
		expect(records).toEqual([expect.objectContaining({ connection, endedAt: expect.any(Number) })]);
	});
	expect(await given.at.office.reach([connection])).toEqual([]);
	await visitor.say("Three");
	await eventually(async () => expect(await given.conversations.get(APP, id)).toMatchObject({ messageCount: 3 }));
	await grace.reconnect();
	expect(grace.read()).toBe(false);
	await grace.shows(id, (shown) => expect(shown?.messageCount).toBe(3));
});

test("what changed is known for an hour, to those who were told by then", async () => {
	let now = Date.now();
	const given = new DeskGiven({ isShared: true, clock: () => now });
	const grace = await given.subscriber("grace");
	const { sessionId: id } = await given.asking("Hello");
	await grace.shows(id, (shown) => expect(shown?.messageCount).toBe(1));
	await grace.client.drop();
	now += 59 * 60_000;
	await given.conversations.update(APP, id, { priority: "urgent" });
	const hash = `${given.at.office.topic}/${APP}`;
	await eventually(async () => {
		const { records } = await given.storage.query(deskChanges, {
			hash,
			range: { from: String(now).padStart(15, "0") },
		});
		expect(records).toHaveLength(1);
	});
	await grace.reconnect();
	expect(grace.read()).toBe(false);
	expect(grace.shown.get(id)?.priority).toBe("urgent");
	now += 61 * 60_000;
	await grace.reconnect(String(now - 61 * 60_000).padStart(15, "0"));
	expect(grace.read()).toBe(true);
});

test("whose departments changed while they were away reads the lists anew", async () => {
	const given = new DeskGiven({ isShared: true });
	const sam = await given.subscriber("sam", { departments: ["sales"] });
	sam.read();
	await sam.client.drop();
	await given.desk.reconsider(APP, sam.client.query.token ?? "");
	await sam.reconnect();
	expect(sam.read()).toBe(true);
});
