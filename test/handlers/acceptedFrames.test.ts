import { randomUUID } from "node:crypto";
import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import { agentTokens, createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { wsHandler } from "../../src/handlers/wsHandlers.js";
import { PostOffice } from "../../src/presets/PostOffice.js";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { ApiGatewayTransport } from "../../src/transport/apigateway/index.js";
import { connectEvent, disconnectEvent, lambdaContext, messageEvent } from "../support/apiGatewayEvents.js";
import { CREDENTIALS, type HeldConnection, type ManagementApi, managementApi } from "../support/managementApi.js";
import { Notes } from "../support/office.js";

const SECRET = "a secret of the accepted frames' tests";
const APP = "shop";

type Frame = RouterMessage<{ readonly rawQuery?: string; readonly recovered?: boolean; readonly seq?: number }>;

let api: ManagementApi;
let transport: ApiGatewayTransport;
let office: PostOffice;

beforeEach(async () => {
	api = await managementApi();
	const credentials = {
		accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
		secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
	};
	const { AWS_REGION: region } = CREDENTIALS;
	transport = new ApiGatewayTransport({
		clientFor: () => new ApiGatewayManagementApiClient({ endpoint: api.url, region, credentials, maxAttempts: 1 }),
	});
	office = new PostOffice({
		topic: "accepted",
		storage: new MemoryStorage(),
		transport,
		apps: new StaticApps([{ id: APP }], { default: APP }),
		connectors: [new AdminConnector(agentTokens(SECRET)), new WidgetConnector()],
		monitor: new Notes(),
		secret: SECRET,
	});
});

afterEach(async () => {
	await office.close();
	await transport.close();
	await api.close();
});

/** Someone at a browser, seen from API Gateway; what comes while its line is dead is accepted and never gets there. */
class Browser {
	readonly frames: Frame[] = [];
	private held: HeldConnection = api.connect();
	/** How much of what API Gateway accepted has got there, or been lost on the way. */
	private taken = 0;
	private isDead = false;

	constructor(
		readonly sessionId: string,
		private readonly query: Readonly<Record<string, string>> = { userId: randomUUID() },
	) {}

	async connect(): Promise<this> {
		expect(await this.event(connectEvent(this.held.id, this.query))).toEqual({ statusCode: 200 });
		return this;
	}

	async send(event: string, more: object = {}): Promise<void> {
		const body = JSON.stringify({ event, sessionId: this.sessionId, timeMs: Date.now(), ...more });
		expect(await this.event(messageEvent(this.held.id, body))).toEqual({ statusCode: 200 });
	}

	say(rawQuery: string): Promise<void> {
		return this.send("new message", { data: { type: "INTENT_REQUEST", rawQuery } });
	}

	resume(since: number): Promise<void> {
		return this.send("resume", { data: { since } });
	}

	/** From now on nothing gets through; API Gateway doesn't know. */
	die(): void {
		this.take();
		this.isDead = true;
	}

	/** How many frames API Gateway accepted for it since its line died. */
	get lost(): number {
		return this.held.received.length - this.taken;
	}

	/** A further connection, while API Gateway still takes frames for the dead one. */
	async comeBack(): Promise<void> {
		expect(this.isDead).toBe(true);
		this.held = api.connect();
		this.taken = 0;
		this.isDead = false;
		await this.connect();
	}

	get connection(): HeldConnection {
		return this.held;
	}

	get read(): (string | undefined)[] {
		this.take();
		return this.frames.filter(({ event }) => event === "new message").map(({ data }) => data?.rawQuery);
	}

	/** The newest entry that it has been sent. */
	get last(): number {
		this.take();
		return Math.max(0, ...this.frames.map(({ seq, data }) => seq ?? data?.seq ?? 0));
	}

	private take(): void {
		if (this.isDead) return;
		this.frames.push(...this.held.received.slice(this.taken).map((text) => JSON.parse(text) as Frame));
		this.taken = this.held.received.length;
	}

	private event(event: Parameters<typeof wsHandler>[0]) {
		return wsHandler(event, lambdaContext(), undefined, office);
	}
}

async function talk(): Promise<{ visitor: Browser; agent: Browser }> {
	const sessionId = `stentor-widget-session-${randomUUID()}`;
	const visitor = await new Browser(sessionId).connect();
	await visitor.send("user joined");
	const token = await createAgentToken({ secret: SECRET, subject: "ada" });
	const agent = await new Browser(sessionId, { userId: randomUUID(), isAdmin: "true", token }).connect();
	await agent.send("user joined");
	await agent.send("barge in");
	return { visitor, agent };
}

describe("what API Gateway accepted and the client never got", () => {
	test("comes to a client that numbers what it has, once and in order, also without a $disconnect", async () => {
		const { visitor, agent } = await talk();
		await visitor.resume(0);
		await agent.say("one");
		expect(visitor.read).toEqual(["one"]);
		const { last } = visitor;

		visitor.die();
		await agent.say("two");
		await agent.say("three");
		expect(visitor.lost).toBe(2);
		expect(api.requests.filter(({ status }) => status !== 200)).toEqual([]);

		const { connection: dead } = visitor;
		await visitor.comeBack();
		await visitor.resume(last);
		expect(visitor.read).toEqual(["one", "two", "three"]);
		expect(visitor.frames.at(-1)).toMatchObject({ event: "resumed", data: { recovered: true, seq: last + 2 } });
		// The dead one is found to be gone; that's no reason to send anything again.
		dead.close();
		await agent.say("four");
		expect(api.requests.map(({ status }) => status)).toContain(410);
		expect(visitor.read).toEqual(["one", "two", "three", "four"]);
	});

	test("is delivered and read only when the client says so, however much was accepted", async () => {
		const { visitor, agent } = await talk();
		await visitor.resume(0);
		visitor.die();
		await agent.say("one");
		await agent.say("two");
		expect(visitor.lost).toBe(2);
		const { sessionId } = visitor;
		const session = await office.session(APP, sessionId);
		const me = session?.participants.find(({ role }) => role === "visitor")?.id ?? "";
		expect(me).not.toBe("");
		expect((await office.receipts(APP, sessionId)).get(me)?.delivered).toBeUndefined();

		await visitor.comeBack();
		await visitor.resume(0);
		expect(visitor.read).toEqual(["one", "two"]);
		await visitor.send("receipt", { data: { delivered: visitor.last } });
		await office.idle();
		expect((await office.receipts(APP, sessionId)).get(me)).toEqual({ delivered: visitor.last });
	});

	test("is gone for the published widget, which can't say what it has; what comes after is whole, once and in order", async () => {
		const { visitor, agent } = await talk();
		await agent.say("one");
		expect(visitor.read).toEqual(["one"]);
		visitor.die();
		await agent.say("accepted, and lost");
		expect(visitor.lost).toBe(1);
		// Now it's known to be gone: what comes from here on is kept.
		const { id } = visitor.connection;
		visitor.connection.close();
		await wsHandler(disconnectEvent(id), lambdaContext(), undefined, office);
		await agent.say("two");
		await agent.say("three");
		await visitor.comeBack();
		await agent.say("four");
		expect(visitor.read).toEqual(["one", "two", "three", "four"]);
	});
});
