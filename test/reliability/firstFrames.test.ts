import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "@jest/globals";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
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
			const roles = Object.values(heads.get(session)?.participants ?? {}).map(({ role }) => role);
			expect(roles.sort()).toEqual(["answerer", "visitor"]);
			const log = logs.get(session) ?? [];
			expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
			const said = log.filter(({ from }) => from.role === "visitor").map(({ messageId }) => messageId);
			expect(said.sort()).toEqual([...messageIds].sort());
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
		const [first, second] = [at.office, new PostOffice({ ...at.ports })];
		const message = { event: "new message", messageId: "m1", data: { type: "INTENT_REQUEST", rawQuery: "hi" } };
		const visit = async (index: number) => {
			const sessionId = `stentor-widget-session-${randomUUID()}`;
			const query = { userId: randomUUID() };
			const arrive = async (office: PostOffice) => {
				const connection = transport.open();
				await office.connect({ connection, query, headers: {} });
				return connection;
			};
			const receive = (office: PostOffice, connection: string, frame: object) =>
				office.receive(connection, JSON.stringify({ sessionId, timeMs: Date.now(), ...frame }));
			// Frames of one connection may come to two Lambdas; so may those of two.
			const one = await arrive(first);
			const other = index % 2 === 0 ? one : await arrive(second);
			await Promise.all([
				receive(first, one, { event: "user joined" }),
				receive(second, other, { event: "user joined" }),
				receive(index % 4 < 2 ? first : second, other, message),
			]);
			// It may have come before the session was there.
			await receive(second, other, message);
			const acks = (transport.framesOf(other) as { event: string }[]).filter(({ event }) => event === "ack");
			expect(acks.length).toBeGreaterThan(0);
			await Promise.all([first.idle(), second.idle()]);
			const log: Entry[] = [];
			for await (const page of second.history("shop", sessionId)) log.push(...page);
			const session = await second.session("shop", sessionId);
			expect(session?.participants.map(({ role }) => role).sort()).toEqual(["answerer", "visitor"]);
			const places = session?.participants.flatMap(({ endpoints }) => endpoints.map(({ connection }) => connection));
			expect(new Set(places)).toEqual(new Set([one, other]));
			expect(log.filter(({ from }) => from.role === "visitor").map(({ messageId }) => messageId)).toEqual(["m1"]);
			expect(log.map(({ seq }) => seq)).toEqual([1, 2]);
		};
		const indices = Array.from({ length: VISITORS_ON_DYNAMODB }, (_, index) => index);
		await each(indices, AT_ONCE_ON_DYNAMODB, visit);
		expect(at.notes.errors).toEqual([]);
	}, 120_000);
});
