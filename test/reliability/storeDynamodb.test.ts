import { setTimeout as pause } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { Steered } from "../delivery/Steered.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { type Fault, FaultyProxy } from "../support/faultyProxy.js";
import { AGENT_TOKEN, Notes } from "../support/office.js";
import { check } from "./check.js";
import { Gateway } from "./Gateway.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { SeededRandom } from "./SeededRandom.js";
import { size } from "./size.js";

const MESSAGES = size(8);
const OFFICES = 2;
const SESSION = "session-1";
const TYPE = "com.amazonaws.dynamodb.v20120810#";
const THROTTLED: Fault = { refuse: { __type: `${TYPE}ProvisionedThroughputExceededException`, message: "Slow down" } };
const CONFLICT: Fault = {
	refuse: { __type: `${TYPE}TransactionCanceledException`, CancellationReasons: [{ Code: "TransactionConflict" }] },
};
const SLOW: Fault = { before: () => pause(150) };
/** Longer than the SDK's tries at one request together. */
const OUTAGE = 10_000;

const TROUBLES: Record<string, { readonly likely: number; readonly faults: readonly [Fault, ...Fault[]] }> = {
	"is throttled": { likely: 0.3, faults: [THROTTLED] },
	"is slow": { likely: 0.5, faults: [SLOW] },
	"times out after it has committed": { likely: 0.15, faults: [{ lose: "cut" }, { lose: "hang" }, { lose: 500 }] },
	"has other transactions on the same records": { likely: 0.3, faults: [CONFLICT] },
	"does all of that": { likely: 0.3, faults: [THROTTLED, SLOW, CONFLICT, { lose: "cut" }, { lose: 500 }] },
};

await onDynamodbLocal(({ endpoint, client }) => {
	const proxy = new FaultyProxy(endpoint);
	const random = new SeededRandom(1);
	let topics = 0;
	let sdk: DynamoDBClient[];
	let offices: PostOffice[];
	let gateway: Gateway;
	let history: History;
	let clients: RouterClient[];
	const notes = new Notes();

	beforeAll(async () => {
		await createTables(client, collections);
		const url = await proxy.start();
		const requestHandler = { connectionTimeout: 500, requestTimeout: 400, throwOnRequestTimeout: true };
		sdk = Array.from(
			{ length: OFFICES },
			() => new DynamoDBClient({ ...localSettings(url), maxAttempts: 3, requestHandler }),
		);
	});
	beforeEach(async () => {
		proxy.faults = [];
		proxy.seen = [];
		notes.lines.length = 0;
		gateway = new Gateway(random);
		await gateway.start();
		topics++;
		offices = sdk.map((each) => openOffice(`topic-${topics}`, each));
		gateway.serve(...offices);
		history = new History();
		clients = [];
	});
	afterEach(async () => {
		proxy.faults = [];
		for (const each of clients) each.close();
		await gateway.close();
		for (const office of offices) await office.close();
	});
	afterAll(() => {
		for (const each of sdk) each.destroy();
		proxy.stop();
	});

	function openOffice(topic: string, each: DynamoDBClient): PostOffice {
		const admin = new AdminConnector({
			async verify(token) {
				if (token !== AGENT_TOKEN) throw new RouterError("agent_token_invalid");
				return { subject: "agent-1", role: "agent" };
			},
		});
		return new PostOffice({
			topic,
			storage: new DynamoStorage({ client: each }),
			transport: gateway.transport(),
			apps: new StaticApps([{ id: "shop", bot: { url: "http://127.0.0.1:1/bot" } }]),
			connectors: [admin, new WidgetConnector(), new Steered()],
			monitor: notes,
			clock: Date.now,
			secret: "a-secret",
			soleOwner: false,
		});
	}

	/** A visitor with two tabs, and an agent. */
	async function open(): Promise<void> {
		const there = { url: gateway.url, history, session: SESSION };
		const phone = await RouterClient.open({ ...there, name: "phone" });
		clients.push(phone);
		clients.push(await RouterClient.open({ ...there, name: "laptop", user: phone.reader.user }));
		clients.push(await RouterClient.open({ ...there, name: "desk", token: AGENT_TOKEN }));
	}

	function spoil({ likely, faults }: (typeof TROUBLES)[string]): void {
		proxy.faults = Array.from({ length: 5_000 }, () => (random.chance(likely) ? random.pick(faults) : undefined));
	}

	/** All of it is acknowledged and seen by everybody; then log and screens are right. */
	async function checkAll(): Promise<void> {
		proxy.faults = [];
		for (const each of clients) await each.idle(30_000);
		for (const office of offices) await office.idle();
		for (const each of clients) await each.catchUp();
		const log: Entry[] = [];
		for await (const page of offices[0]?.history("shop", SESSION) ?? []) log.push(...page);
		history.logs.set(SESSION, log);
		expect(check(history)).toEqual([]);
		expect(history.of("refused").filter(({ retryable }) => !retryable)).toEqual([]);
	}

	describe("invariants 1, 2 and 3: two post offices, many writers on one session, and a DynamoDB that", () => {
		test.each(Object.entries(TROUBLES))(
			"%s: nothing is lost or doubled",
			async (_, trouble) => {
				await open();
				spoil(trouble);
				for (let i = 0; i < MESSAGES; i++) {
					for (const each of clients) each.say(`${i} by ${each.reader.name}`);
					if (i % 4 === 3) clients[i % clients.length]?.drop();
					await pause(30);
				}
				await checkAll();
				expect(history.of("acknowledged").length).toBeGreaterThanOrEqual(3 * MESSAGES);
			},
			60_000,
		);

		test("is away for a while: who sends is told to try again, and it goes on when it's back", async () => {
			await open();
			proxy.faults = Array(OUTAGE).fill(THROTTLED);
			const said = clients.map((each) => each.say("is anybody there?"));
			await clients[0]?.until(() => history.of("refused").length > 0, 30_000);
			for (const refusal of history.of("refused")) {
				expect(refusal).toMatchObject({ code: "storage_unavailable", retryable: true });
				expect(said).toContain(refusal.messageId);
			}
			await checkAll();
		}, 90_000);
	});
});
