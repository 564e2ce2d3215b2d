import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { type GivenServer, givenServer, temporaryFolder, WireClient } from "../server/given.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { type Client, TestClock, TestOffice } from "../support/office.js";

const TABS = 50;
/** On DynamoDB Local a transaction takes a hundred times as long. */
const TABS_ON_DYNAMODB = 10;
const DAY_MS = 24 * 3600_000;
const ID = "the-one";
const WORDS = "Only once, please";

const visits = () => ({
	session: `stentor-widget-session-${randomUUID()}`,
	user: `stentor-widget-user-${randomUUID()}`,
});

function openTabs({ wsUrl }: GivenServer, { session, user }: ReturnType<typeof visits>): Promise<WireClient[]> {
	return Promise.all(Array.from({ length: TABS }, () => WireClient.visitor(wsUrl, session, user)));
}

/** All of them say it at once; answers their acknowledgements. */
async function sayAtOnce(tabs: readonly WireClient[]): Promise<unknown[]> {
	const had = tabs.map((tab) => tab.of("ack").length);
	for (const tab of tabs) tab.say(WORDS, ID);
	await Promise.all(tabs.map((tab, index) => tab.until(() => tab.of("ack").length > (had[index] ?? 0))));
	return tabs.map((tab) => tab.of("ack").at(-1)?.data);
}

/** The entries of the log that a visitor said, as a client sees them that has nothing yet. */
async function ownEntries(tab: WireClient): Promise<(string | undefined)[]> {
	const from = tab.frames.length;
	const resumed = tab.of("resumed").length;
	tab.send({ event: "resume", data: { since: 0 } });
	await tab.until(() => tab.of("resumed").length > resumed);
	return tab.frames
		.slice(from)
		.flatMap(({ event, own, messageId }) => (event === "new message" && own ? [messageId] : []));
}

async function conflictOf(tab: WireClient): Promise<unknown> {
	const had = tab.of("failure").length;
	tab.say("Something else", ID);
	await tab.until(() => tab.of("failure").length > had);
	return tab.of("failure").at(-1)?.data;
}

const CONFLICT = { type: "ROUTER", code: "message_conflict", retryable: false, messageId: ID };

describe("invariant 2: exactly once in the log, for ever", () => {
	test(`one message id from ${TABS} tabs, again a day later, and after a restart: one entry, one acknowledgement`, async () => {
		const clock = new TestClock();
		const environment = { DATA_DIR: temporaryFolder(), MAX_CONNECTIONS: "200", CONNECTIONS_PER_USER: "200" };
		const server = await givenServer(environment, clock.read);
		const visit = visits();
		const tabs = await openTabs(server, visit);
		const [first, ...others] = await sayAtOnce(tabs);
		expect(first).toMatchObject({ messageId: ID, seq: expect.any(Number), timeMs: expect.any(Number) });
		const same = Array.from({ length: TABS }, () => first);
		expect([first, ...others]).toEqual(same);

		clock.advance(DAY_MS);
		expect(await sayAtOnce(tabs)).toEqual(same);
		for (const tab of tabs) tab.socket.terminate();
		const reloaded = await openTabs(server, visit);
		expect(await sayAtOnce(reloaded)).toEqual(same);

		await server.close();
		clock.advance(DAY_MS);
		const restarted = await givenServer(environment, clock.read);
		const returned = await openTabs(restarted, visit);
		expect(await sayAtOnce(returned)).toEqual(same);
		for (const tab of returned.slice(0, 2)) {
			expect(await ownEntries(tab)).toEqual([ID]);
			expect(await conflictOf(tab)).toMatchObject(CONFLICT);
			expect(await ownEntries(tab)).toEqual([ID]);
		}
		// It's the sender's id: another session's visitor may use it as well.
		const stranger = await WireClient.visitor(restarted.wsUrl, visits().session);
		expect(await sayAtOnce([stranger])).not.toEqual([first]);
		expect([...server.log, ...restarted.log].filter(({ level }) => level === "error")).toEqual([]);
	}, 60_000);
});

await onDynamodbLocal(({ client }) => {
	test(`invariant 2, by two post offices on DynamoDB: one message id from ${TABS_ON_DYNAMODB} tabs, again a day later`, async () => {
		await createTables(client, collections);
		const clock = new TestClock();
		const storage = new DynamoStorage({ client, clock: clock.read });
		const at = new TestOffice({ storage, clock: clock.read, soleOwner: false, transport: new LoopTransport(false) });
		const offices = [at.office, new PostOffice({ ...at.ports })];
		const visitor = await at.visitor();
		const tabs = [visitor];
		while (tabs.length < TABS_ON_DYNAMODB) tabs.push(await at.client(visitor.query, visitor.sessionId));
		const say = async (text: string, at: readonly Client[] = tabs) => {
			const frame = { event: "new message", messageId: ID, data: { type: "INTENT_REQUEST", rawQuery: text } };
			const sent = JSON.stringify({ sessionId: visitor.sessionId, timeMs: clock.now, ...frame });
			await Promise.all(at.map(({ connection }, index) => offices[index % 2]?.receive(connection, sent)));
			await Promise.all(offices.map((office) => office.idle()));
		};
		const acks = () => tabs.map((tab) => tab.of("ack").map(({ data }) => data));

		await say(WORDS);
		const first = tabs[0]?.of("ack")[0]?.data;
		expect(first).toMatchObject({ messageId: ID, seq: 1 });
		expect(acks()).toEqual(tabs.map(() => [first]));
		clock.advance(DAY_MS);
		await say(WORDS);
		expect(acks()).toEqual(tabs.map(() => [first, first]));
		await say("Something else", tabs.slice(0, 2));
		for (const tab of tabs.slice(0, 2)) expect(tab.of("failure").map(({ data }) => data)).toMatchObject([CONFLICT]);
		expect((await at.office.session("shop", visitor.sessionId))?.seq).toBe(1);
		expect(at.notes.errors).toEqual([]);
	}, 120_000);
});
