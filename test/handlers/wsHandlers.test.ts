import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import { agentTokens, createAgentToken } from "../../src/connectors/admin/agentToken.js";
import type { AnsweringConnector } from "../../src/connectors/Connector.js";
import { ChatAgentConnector } from "../../src/connectors/chat/ChatAgentConnector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import type { WsResult } from "../../src/handlers/events.js";
import {
	createWsHandlers,
	wsConnectionHandler,
	wsDisconnectionHandler,
	wsHandler,
	wsMessageHandler,
} from "../../src/handlers/wsHandlers.js";
import { PostOffice, type PostOfficeOptions } from "../../src/presets/PostOffice.js";
import { RouterError } from "../../src/protocol/errors.js";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { textResponse } from "../../src/protocol/stentor.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Address } from "../../src/transport/Transport.js";
import { connectEvent, disconnectEvent, lambdaContext, messageEvent } from "../support/apiGatewayEvents.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { Notes } from "../support/office.js";

const SECRET = "a secret of the handlers' tests, long enough";

/** A bot in this process that says after a while what it was asked. */
const echo: AnsweringConnector = {
	name: "bot",
	answers: true,
	answerWithinMs: 5_000,
	profile: () => ({ name: "Echo" }),
	async answer({ request }) {
		await new Promise((resolve) => setTimeout(resolve, 50));
		return { messages: [{ response: textResponse(`You said ${request.rawQuery}`) }] };
	},
};

/** Connections of API Gateway: pushed counts as seen. */
class Gateway extends LoopTransport {
	readonly addresses: Address[] = [];
	constructor() {
		super(false);
	}
	override post(to: Address, frame: string): Promise<"sent" | "gone"> {
		this.addresses.push(to);
		return super.post(to, frame);
	}
	frames(connection: string): RouterMessage<Record<string, never>>[] {
		return this.framesOf(connection) as RouterMessage<Record<string, never>>[];
	}
}

function lambda(options: Partial<PostOfficeOptions> = {}) {
	const gateway = new Gateway();
	const notes = new Notes();
	const postOffice = new PostOffice({
		topic: "test",
		storage: new MemoryStorage(),
		transport: gateway,
		apps: new StaticApps([{ id: "shop" }]),
		connectors: [new AdminConnector(agentTokens(SECRET)), new WidgetConnector(), echo],
		monitor: notes,
		...options,
	});
	return { gateway, notes, postOffice };
}

/** Both ways of being told the outcome. */
async function run(handler: typeof wsHandler, event: Parameters<typeof wsHandler>[0], postOffice: PostOffice) {
	const called: [null, WsResult][] = [];
	const resolved = await handler(event, lambdaContext(), (...answer) => called.push(answer), postOffice);
	return { resolved, called };
}

function frame(event: string, sessionId: string, rest: object = {}): string {
	return JSON.stringify({ event, sessionId, timeMs: Date.now(), ...rest });
}

const says = (rawQuery: string) => ({ data: { type: "INTENT_REQUEST", rawQuery } });

describe("the four-argument handlers", () => {
	test("answer by the callback, once, and by their promise", async () => {
		const { gateway, postOffice } = lambda();
		const connection = gateway.open();
		for (const [handler, event] of [
			[wsConnectionHandler, connectEvent(connection)],
			[wsMessageHandler, messageEvent(connection, frame("user joined", "s-1"))],
			[wsDisconnectionHandler, disconnectEvent(connection)],
		] as const) {
			expect(await run(handler, event, postOffice)).toEqual({
				resolved: { statusCode: 200 },
				called: [[null, { statusCode: 200 }]],
			});
		}
	});

	test("do without a callback and a context", async () => {
		const { gateway, postOffice } = lambda();
		const event = connectEvent(gateway.open());
		expect(await wsConnectionHandler(event, undefined, undefined, postOffice)).toEqual({ statusCode: 200 });
	});

	test("don't have Lambda wait for open connections, where it would", async () => {
		const { gateway, postOffice } = lambda();
		const before24 = lambdaContext();
		await wsHandler(connectEvent(gateway.open()), before24, undefined, postOffice);
		expect(before24.callbackWaitsForEmptyEventLoop).toBe(false);
		const since24 = { awsRequestId: "id" };
		await wsHandler(connectEvent(gateway.open()), since24, undefined, postOffice);
		expect(since24).toEqual({ awsRequestId: "id" });
	});

	test("tell the Lambda's request id as the trace", async () => {
		const { gateway, notes, postOffice } = lambda();
		await run(wsHandler, connectEvent(gateway.open()), postOffice);
		const trace = lambdaContext().awsRequestId;
		expect(notes.lines).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ trace }) }));
	});
});

describe("$connect", () => {
	const status = async (postOffice: PostOffice, query: Record<string, string>, headers = {}) =>
		(await run(wsConnectionHandler, connectEvent("c-1", query, headers), postOffice)).resolved;

	test("lets an agent in by the query's token, or by a header whatever its case", async () => {
		const { postOffice } = lambda();
		const token = await createAgentToken({ secret: SECRET, subject: "ada" });
		expect(await status(postOffice, { isAdmin: "true", token })).toEqual({ statusCode: 200 });
		const asAdmin = { isAdmin: "true" };
		expect(await status(postOffice, asAdmin, { AUTHORIZATION: `Bearer ${token}` })).toEqual({ statusCode: 200 });
	});

	test("refuses by the status code, and tells the monitor why", async () => {
		const { postOffice, notes } = lambda();
		const expired = await createAgentToken({ secret: SECRET, subject: "ada", lifetimeSeconds: -1 });
		expect(await status(postOffice, { isAdmin: "true" })).toEqual({ statusCode: 401 });
		expect(await status(postOffice, { token: expired })).toEqual({ statusCode: 401 });
		expect(await status(postOffice, { appId: "nobody's" })).toEqual({ statusCode: 404 });
		expect(await status(lambda({ connectors: [] }).postOffice, {})).toEqual({ statusCode: 403 });
		expect(notes.lines.map(({ level, event, fields }) => [level, event, fields])).toEqual([
			["warn", "connect refused", expect.objectContaining({ code: "agent_token_required" })],
			["warn", "connect refused", expect.objectContaining({ code: "agent_token_invalid" })],
			["warn", "connect refused", expect.objectContaining({ code: "unknown_app" })],
		]);
	});

	test.each([
		[503, new RouterError("storage_unavailable")],
		[500, new Error("postgres://user:password@host")],
	])("answers %i for a failure of ours, and keeps to itself which", async (statusCode, failure) => {
		const storage = new MemoryStorage();
		storage.put = () => Promise.reject(failure);
		const { postOffice, notes } = lambda({ storage });
		const { resolved, called } = await run(wsConnectionHandler, connectEvent("c-1"), postOffice);
		expect([resolved, ...called]).toEqual([{ statusCode }, [null, { statusCode }]]);
		expect(notes.errors).toMatchObject([{ event: "connect failed", error: failure }]);
	});

	test("notes the address that the connection is posted to", async () => {
		const { gateway, postOffice } = lambda();
		const connection = gateway.open();
		await run(wsHandler, connectEvent(connection), postOffice);
		await run(wsHandler, messageEvent(connection, frame("user joined", "s-1")), postOffice);
		const url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod";
		expect(gateway.addresses).toContainEqual({ connection, url });
	});

	test("posts nothing before it has answered; what was missed comes with what follows, in order", async () => {
		const { gateway, postOffice } = lambda();
		const [visitor, agent] = [gateway.open(), gateway.open()];
		const token = await createAgentToken({ secret: SECRET, subject: "ada" });
		const userId = randomUUID();
		await run(wsHandler, connectEvent(visitor, { userId }), postOffice);
		await run(wsHandler, messageEvent(visitor, frame("user joined", "s-1")), postOffice);
		await run(wsHandler, connectEvent(agent, { userId: randomUUID(), isAdmin: "true", token }), postOffice);
		await run(wsHandler, messageEvent(agent, frame("user joined", "s-1")), postOffice);
		await run(wsHandler, messageEvent(agent, frame("barge in", "s-1")), postOffice);
		gateway.drop(visitor);
		await run(wsHandler, disconnectEvent(visitor), postOffice);
		await run(wsHandler, messageEvent(agent, frame("new message", "s-1", says("one"))), postOffice);

		const again = gateway.open();
		await run(wsHandler, connectEvent(again, { userId }), postOffice);
		expect(gateway.frames(again)).toEqual([]);
		await run(wsHandler, messageEvent(agent, frame("new message", "s-1", says("two"))), postOffice);
		const read = gateway.frames(again).filter(({ event }) => event === "new message");
		expect(read.map(({ data }) => data?.rawQuery)).toEqual(["one", "two"]);
	});
});

describe("a message", () => {
	async function joined() {
		const all = lambda();
		const connection = all.gateway.open();
		await run(wsHandler, connectEvent(connection), all.postOffice);
		await run(wsHandler, messageEvent(connection, frame("user joined", "s-1")), all.postOffice);
		const send = (body: string, isBase64Encoded?: boolean) =>
			run(wsMessageHandler, messageEvent(connection, body, isBase64Encoded), all.postOffice);
		return { ...all, connection, send };
	}

	test("is done to the last post of its answer when the handler is", async () => {
		const { send, gateway, connection } = await joined();
		await send(frame("new message", "s-1", says("Hello")));
		expect(gateway.frames(connection).at(-1)).toMatchObject({
			event: "new message",
			data: { outputSpeech: { displayText: "You said Hello" } },
		});
	});

	test("may be in base64, of UTF-8", async () => {
		const { send, gateway, connection } = await joined();
		const body = Buffer.from(frame("new message", "s-1", says("Grüße 👋"))).toString("base64");
		expect((await send(body, true)).resolved).toEqual({ statusCode: 200 });
		expect(gateway.frames(connection).at(-1)?.data).toEqual(textResponse("You said Grüße 👋"));
	});

	test("that's malformed, or empty, is refused to its sender", async () => {
		const { send, gateway, connection, postOffice } = await joined();
		expect((await send("{")).resolved).toEqual({ statusCode: 200 });
		const { body: _, ...bodiless } = messageEvent(connection, "");
		expect((await run(wsHandler, bodiless, postOffice)).resolved).toEqual({ statusCode: 200 });
		const refusals = gateway.frames(connection).filter(({ event }) => event === "failure");
		expect(refusals.map(({ data }) => data?.code)).toEqual(["invalid_frame", "invalid_frame"]);
	});

	test("of a connection that isn't known is answered 410", async () => {
		const { postOffice, notes } = lambda();
		const { resolved } = await run(wsMessageHandler, messageEvent("nobody", frame("user joined", "s-1")), postOffice);
		expect(resolved).toEqual({ statusCode: 410 });
		expect(notes.lines).toMatchObject([{ level: "warn", fields: { code: "not_joined" } }]);
	});

	describe("that comes to a process that doesn't know its connection, while the storage is away,", () => {
		const DOWN = new RouterError("storage_unavailable");

		/** A connection, and a process that was just started and can't learn whose it is. */
		async function beginning(failure: Error = DOWN) {
			const storage = new MemoryStorage();
			const first = lambda({ storage });
			const connection = first.gateway.open();
			await run(wsHandler, connectEvent(connection), first.postOffice);
			const chat = new ChatAgentConnector({ verify: () => Promise.reject(failure) });
			const connectors = [chat, new AdminConnector(agentTokens(SECRET)), new WidgetConnector(), echo];
			const { gateway } = first;
			const { postOffice, notes } = lambda({ storage, connectors, transport: gateway });
			storage.get = () => Promise.reject(failure);
			const send = (body: string) => run(wsMessageHandler, messageEvent(connection, body), postOffice);
			const told = () => gateway.framesOf(connection);
			const recover = () => Reflect.deleteProperty(storage, "get");
			return { gateway, connection, notes, send, told, recover };
		}

		test("is refused to its sender, who may send it again", async () => {
			const { send, told, gateway, connection, recover } = await beginning();
			const message = frame("new message", "s-1", { messageId: "m-1", ...says("Hello") });
			expect((await send(message)).resolved).toEqual({ statusCode: 200 });
			const { code, message: error } = DOWN;
			const data = { type: "ROUTER", code, error, retryable: true, messageId: "m-1" };
			expect(told()).toMatchObject([{ event: "failure", sessionId: "s-1", data }]);
			const url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod";
			expect(gateway.addresses).toEqual([{ connection, url }]);
			recover();
			await send(frame("user joined", "s-1"));
			await send(message);
			expect(told()).toContainEqual(expect.objectContaining({ event: "ack" }));
		});

		test("is told that the session isn't there yet, where it would join it", async () => {
			const { send, told } = await beginning();
			expect((await send(frame("user joined", "s-1"))).resolved).toEqual({ statusCode: 200 });
			const data = { sessionCreated: false, code: DOWN.code, errorMessage: DOWN.message, retryable: true };
			expect(told()).toMatchObject([{ event: "connection update", sessionId: "s-1", data }]);
		});

		test("is refused in the chat API's dialect, if it's a frame of that", async () => {
			const { send, told } = await beginning();
			const data = { conversationId: "s-1", content: "Hello", messageId: "m-1" };
			expect((await send(JSON.stringify({ action: "sendMessage", data }))).resolved).toEqual({ statusCode: 200 });
			const { code, message } = DOWN;
			const refusal = { code, message, retryable: true, conversationId: "s-1", messageId: "m-1" };
			expect(told()).toEqual([{ type: "error", data: refusal }]);
		});

		test("isn't told what is for the owner's eyes", async () => {
			const failure = new RouterError("configuration_invalid", "arn:aws:iam::123456789012:role/ws may not read");
			const { send, told, notes } = await beginning(failure);
			await send('{"event":"ping"}');
			expect(told()).toMatchObject([{ event: "failure", data: { code: "internal", retryable: true } }]);
			expect(JSON.stringify(told())).not.toContain("arn:");
			expect(notes.errors).toMatchObject([{ event: "frame failed", error: failure }]);
		});

		test("is answered 503, if no dialect can read it", async () => {
			const { send, told, notes } = await beginning();
			expect((await send("{")).resolved).toEqual({ statusCode: 503 });
			expect(told()).toEqual([]);
			expect(notes.errors).toMatchObject([{ event: "message failed", error: DOWN }]);
		});
	});
});

describe("$disconnect", () => {
	/** How many endpoints a visitor with two tabs has after the second one's end. */
	async function endpointsAfter(context: object): Promise<number | undefined> {
		const { gateway, postOffice } = lambda();
		const [first, second] = [gateway.open(), gateway.open()];
		for (const connection of [first, second]) {
			await run(wsHandler, connectEvent(connection), postOffice);
			await run(wsHandler, messageEvent(connection, frame("user joined", "s-1")), postOffice);
		}
		await run(wsDisconnectionHandler, disconnectEvent(second, context), postOffice);
		const session = await postOffice.session("shop", "s-1");
		return session?.participants.find(({ role }) => role === "visitor")?.endpoints.length;
	}

	test("of a closed page forgets its place", async () => {
		expect(await endpointsAfter({ connectedAt: 1_000, requestTimeEpoch: 1_000 + 9 * 60_000 })).toBe(1);
	});

	test("keeps the place of a connection that API Gateway may have ended by the same code", async () => {
		expect(await endpointsAfter({})).toBe(2);
		expect(await endpointsAfter({ connectedAt: undefined })).toBe(2);
	});

	test("keeps the place of one that broke off", async () => {
		expect(await endpointsAfter({ connectedAt: 0, requestTimeEpoch: 1, disconnectStatusCode: 1006 })).toBe(2);
		expect(await endpointsAfter({ connectedAt: 0, requestTimeEpoch: 1, disconnectStatusCode: null })).toBe(2);
	});

	test("of a connection that isn't known is fine", async () => {
		const { resolved } = await run(wsDisconnectionHandler, disconnectEvent("nobody"), lambda().postOffice);
		expect(resolved).toEqual({ statusCode: 200 });
	});
});

test("wsHandler refuses events that aren't of a WebSocket", async () => {
	const { requestContext, ...event } = messageEvent("c-1", "");
	const strange = { ...event, requestContext: { ...requestContext, eventType: "HTTP" } };
	expect((await run(wsHandler, strange, lambda().postOffice)).resolved).toEqual({ statusCode: 400 });
});

describe("createWsHandlers", () => {
	test("gives functions that need no callback, of at most two arguments", async () => {
		const { gateway, postOffice } = lambda();
		const handlers = createWsHandlers(postOffice);
		for (const handler of Object.values(handlers)) expect(handler.length).toBeLessThan(3);
		const connection = gateway.open();
		const { wsConnectionHandler, wsMessageHandler, wsDisconnectionHandler } = handlers;
		expect(await wsConnectionHandler(connectEvent(connection), { awsRequestId: "1" })).toEqual({ statusCode: 200 });
		const join = frame("user joined", "s-1");
		expect(await wsMessageHandler(messageEvent(connection, join))).toEqual({ statusCode: 200 });
		expect(gateway.frames(connection)).toContainEqual(expect.objectContaining({ event: "connection update" }));
		expect(await handlers.wsHandler(messageEvent(connection, join))).toEqual({ statusCode: 200 });
		expect(await wsDisconnectionHandler(disconnectEvent(connection))).toEqual({ statusCode: 200 });
		expect(await wsMessageHandler(messageEvent(connection, join))).toEqual({ statusCode: 410 });
	});
});
