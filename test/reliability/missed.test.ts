import { describe, expect, test } from "@jest/globals";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { collections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { Steered } from "../delivery/Steered.js";
import { afterwards, type GivenServer, givenServer, temporaryFolder } from "../server/given.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { eventually } from "../support/eventually.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { TestClock, TestOffice } from "../support/office.js";
import { check } from "./check.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { StockWidget } from "./StockWidget.js";
import { readStored } from "./storedLogs.js";

const MISSED = 500;
/** More than are read from the storage at once. */
const MISSED_ON_DYNAMODB = 210;
const DAY_MS = 24 * 3600_000;
const JWT_SECRET = "a-secret-of-this-test-with-32-bytes-or-more";
const SESSION = "stentor-widget-session-1";

function numbered(count: number, what = "missed"): string[] {
	return Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);
}

function disconnects({ log }: GivenServer): number {
	return log.filter(({ event }) => event === "disconnected").length;
}

/** A server whose clock the test moves, and an agent at it. */
async function given() {
	const clock = new TestClock();
	const environment = { DATA_DIR: temporaryFolder(), JWT_SECRET, FRAMES_PER_SECOND: "10000", FRAME_BURST: "10000" };
	const server = await givenServer(environment, clock.read);
	const token = await createAgentToken({ secret: JWT_SECRET, subject: "ada", lifetimeSeconds: (30 * DAY_MS) / 1000 });
	const history = new History();
	const there = { url: server.url, history, session: SESSION };
	const keep = <T extends { close(): unknown }>(client: T): T => {
		afterwards(() => client.close());
		return client;
	};
	const joined = async () => {
		const agent = keep(await RouterClient.open({ ...there, token }));
		agent.say("hello");
		await agent.idle();
		return agent;
	};
	/** What's said while the visitor is away for three days. */
	const talk = async (agent: RouterClient) => {
		for (const [index, text] of numbered(MISSED).entries()) {
			if (index % (MISSED / 2) === 0) clock.advance(1.5 * DAY_MS);
			agent.say(text);
			if (index % 20 === 19) await agent.idle();
		}
	};
	const restart = async () => {
		await server.close();
		return givenServer({ ...environment, PORT: new URL(server.url).port }, clock.read);
	};
	return { server, there, history, joined, talk, keep, restart };
}

describe(`invariant 3: who comes back after three days gets the ${MISSED} messages that were missed, once, in order`, () => {
	test.each([false, true])(
		"the published widget; the server started again meanwhile: %s",
		async (isRestarted) => {
			const { server, joined, talk, keep, restart } = await given();
			const widget = keep(new StockWidget(server.url, SESSION));
			await eventually(() => expect(widget.isOpen).toBe(true));
			const agent = await joined();
			await eventually(() => expect(widget.confirmed).toBe(1));
			widget.close();
			await eventually(() => expect(disconnects(server)).toBe(1));
			await talk(agent);
			const running = isRestarted ? await restart() : server;
			const before = disconnects(running);
			widget.comeBack();
			const expected = ["hello", ...numbered(MISSED)];
			await eventually(() => expect(widget.read).toHaveLength(expected.length));
			agent.say("live");
			expected.push("live");
			await eventually(() => expect(widget.confirmed).toBe(expected.length));
			expect(widget.read).toEqual(expected);

			// What it has confirmed isn't sent to it again.
			widget.close();
			await eventually(() => expect(disconnects(running)).toBe(before + 1));
			widget.comeBack();
			agent.say("the end");
			await eventually(() => expect(widget.read).toContain("the end"));
			expect(widget.read).toEqual([...expected, "the end"]);
			expect([...server.log, ...running.log].filter(({ level }) => level === "error")).toEqual([]);
		},
		60_000,
	);

	test.each([false, true])(
		"our own client; the server started again meanwhile: %s",
		async (isRestarted) => {
			const { server, there, history, joined, talk, keep, restart } = await given();
			const visitor = keep(await RouterClient.open({ ...there, name: "first" }));
			const agent = await joined();
			await visitor.until(() => visitor.last === agent.last);
			visitor.close();
			await eventually(() => expect(disconnects(server)).toBe(1));
			await talk(agent);
			const running = isRestarted ? await restart() : server;
			const { user } = visitor.reader;
			const back = keep(await RouterClient.open({ ...there, user, name: "back", since: visitor.last }));
			agent.say("live");
			await agent.idle();
			await back.until(() => back.last === agent.last);
			await Promise.all([agent.catchUp(), back.catchUp()]);
			await running.close();

			const shown = history.of("shown").filter(({ reader }) => reader === "back");
			expect(shown.length).toBeGreaterThan(MISSED);
			const { damage, logs } = readStored(server.dataDir);
			expect(damage).toEqual([]);
			history.logs.set(SESSION, logs.get(SESSION) ?? []);
			// The visitor's first client was gone before the end.
			expect(check(history, { partial: true })).toEqual([]);
			expect([...server.log, ...running.log].filter(({ level }) => level === "error")).toEqual([]);
		},
		60_000,
	);
});

await onDynamodbLocal(({ client }) => {
	test(`invariant 3, on DynamoDB: ${MISSED_ON_DYNAMODB} missed messages after three days, once, in order`, async () => {
		await createTables(client, collections);
		const clock = new TestClock();
		const storage = new DynamoStorage({ client, clock: clock.read });
		const transport = new LoopTransport(false);
		const at = new TestOffice({ storage, transport, clock: clock.read, soleOwner: false, answering: [new Steered()] });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("hello");
		await visitor.drop();
		const missed = numbered(MISSED_ON_DYNAMODB);
		for (const text of missed) await agent.utter(text);
		await at.office.idle();
		clock.advance(3 * DAY_MS);
		// Another Lambda meets it.
		at.restart();
		await visitor.connect();
		expect(visitor.readInAll).toEqual(["hello", ...missed]);

		const [hello] = visitor.history.filter(({ event }) => event === "new message");
		await visitor.send({ event: "resume", data: { since: hello?.seq } });
		await at.office.idle();
		const seqs = visitor.of("new message").map(({ seq }) => seq);
		expect(seqs.slice(missed.length)).toEqual(seqs.slice(0, missed.length));
		expect(visitor.of("resumed")[0]?.data).toMatchObject({ recovered: true });
		expect(at.notes.errors).toEqual([]);
	}, 120_000);
});
