import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "@jest/globals";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections, type Head } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { Steered } from "../delivery/Steered.js";
import { ChatServer } from "../e2e/ChatServer.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { TestOffice } from "../support/office.js";
import { NewVisitor, RACES, type Race } from "./NewVisitor.js";
import { size } from "./size.js";
import { readStored } from "./storedLogs.js";

const VISITORS = size(1_000);
const AT_ONCE = 50;
const VISITORS_ON_DYNAMODB = size(24);
const AT_ONCE_ON_DYNAMODB = 4;

let server: ChatServer | undefined;
afterEach(() => server?.close());

/** Does each job, so many at a time. */
async function each<T>(jobs: readonly T[], atOnce: number, work: (job: T) => Promise<void>): Promise<void> {
	const left = [...jobs];
	const worker = async () => {
		for (let job = left.shift(); job !== undefined; job = left.shift()) await work(job);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}

/** How many visitors a session has, and the ids of what they said. */
function visitOf(head: Pick<Head, "participants"> | undefined, log: readonly Entry[] = []) {
	const visitors = Object.values(head?.participants ?? {}).filter(({ role }) => role === "visitor").length;
	const said = log.filter(({ from }) => from.role === "visitor").map(({ messageId }) => messageId);
	return { visitors, said: said.sort(), seqs: log.map(({ seq }) => seq) };
}

describe("invariants 2 and 3: a session is opened once, whichever of its first frames comes first", () => {
	test(`${VISITORS} new visitors whose first two frames race: as many sessions, each with one visitor`, async () => {
		server = await ChatServer.start({ LOG_LEVEL: "error" });
		const { url, dataDir } = server;
		const races = Object.keys(RACES) as Race[];
		const visitors = Array.from(
			{ length: VISITORS },
			(_, index) => new NewVisitor(url, races[index % races.length] as Race),
		);
		const refused: string[] = [];
		const acknowledged = new Map<string, Map<string, number>>();
		await each(visitors, AT_ONCE, async (visitor) => {
			const told = await visitor.arrive();
			refused.push(...told.flatMap((socket) => socket.refused));
			const acks = told.flatMap((socket) => socket.acks);
			const seqs = new Map(acks.map(({ messageId, seq }) => [messageId, seq]));
			// The same message twice has the same acknowledgement twice.
			expect(acks.filter(({ messageId, seq }) => seqs.get(messageId) !== seq)).toEqual([]);
			acknowledged.set(visitor.session, seqs);
		});
		await server.kill();

		const { damage, heads, logs } = readStored(dataDir);
		expect(damage).toEqual([]);
		expect([...heads.keys()].sort()).toEqual(visitors.map(({ session }) => session).sort());
		for (const { session, messageIds } of visitors) {
			const log = logs.get(session) ?? [];
			const seqs = log.map((_, index) => index + 1);
			expect(visitOf(heads.get(session), log)).toEqual({ visitors: 1, said: [...messageIds].sort(), seqs });
			for (const [messageId, seq] of acknowledged.get(session) ?? []) expect(log[seq - 1]?.messageId).toBe(messageId);
		}
		expect(new Set(refused)).toEqual(new Set(refused.length > 0 ? ["not_joined"] : []));
		expect(server.log).toBe("");
	}, 120_000);
});

await onDynamodbLocal(({ client }) => {
	test(`invariants 2 and 3, by two post offices on DynamoDB: ${VISITORS_ON_DYNAMODB} new visitors`, async () => {
		await createTables(client, collections);
		const storage = new DynamoStorage({ client });
		const transport = new LoopTransport(false);
		const at = new TestOffice({ storage, soleOwner: false, transport, answering: [new Steered()] });
		const offices = [at.office, new PostOffice({ ...at.ports })] as const;
		await each(
			Array.from({ length: VISITORS_ON_DYNAMODB }).map((_, index) => index),
			AT_ONCE_ON_DYNAMODB,
			async (index) => {
				const session = `stentor-widget-session-${randomUUID()}`;
				const query = { userId: randomUUID() };
				// Frames of one connection may come to two Lambdas; so may those of two.
				const [one, other = one] = await Promise.all(
					offices.slice(0, 1 + (index % 2)).map(async (office) => {
						const connection = transport.open();
						await office.connect({ connection, query, headers: {} });
						return connection;
					}),
				);
				const receive = (office: PostOffice, connection = "", frame: object) =>
					office.receive(connection, JSON.stringify({ sessionId: session, timeMs: Date.now(), ...frame }));
				const message = { event: "new message", messageId: "m1", data: { type: "INTENT_REQUEST", rawQuery: "hi" } };
				await Promise.all([
					receive(offices[0], one, { event: "user joined" }),
					receive(offices[1], other, { event: "user joined" }),
					receive(offices[index % 2], other, message),
				]);
				await receive(offices[1], other, message);
				const acks = transport.framesOf(other ?? "").filter((frame) => (frame as { event: string }).event === "ack");
				expect(acks.length).toBeGreaterThan(0);
				const log: Entry[] = [];
				for await (const page of offices[1].history("shop", session)) log.push(...page);
				const found = await offices[1].session("shop", session);
				expect(found?.participants.map(({ role }) => role).sort()).toEqual(["answerer", "visitor"]);
				const said = log.filter(({ from }) => from.role === "visitor");
				expect(said.map(({ messageId }) => messageId)).toEqual(["m1"]);
				expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
			},
		);
		await Promise.all(offices.map((office) => office.idle()));
		expect(at.notes.errors).toEqual([]);
	}, 120_000);
});
