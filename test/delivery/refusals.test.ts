import { afterEach, describe, expect, test } from "@jest/globals";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

async function logOf(client: Client): Promise<Entry[]> {
	const all: Entry[] = [];
	for await (const page of at.office.history("shop", client.sessionId)) all.push(...page);
	return all;
}

function open() {
	at = new TestOffice({ answering: [new Steered()] });
	return at;
}

describe("somebody else's session", () => {
	test("can't be joined, spoken in, listened to, resumed or typed in", async () => {
		const visitor = await open().visitor();
		const stranger = await at.client({}, visitor.sessionId);
		await stranger.join();
		expect(stranger.frames).toHaveLength(1);
		expect(stranger.frames[0]).toMatchObject({
			event: "connection update",
			data: { sessionCreated: false, code: "session_forbidden" },
		});
		const message = { event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "boo" } };
		for (const frame of [
			message,
			{ event: "resume", data: { since: 0 } },
			{ event: "typing" },
			{ event: "receipt", data: { read: 1 } },
		]) {
			await stranger.send(frame);
			expect(stranger.frames.at(-1)?.data).toMatchObject({ code: "not_joined", retryable: false });
		}
		await visitor.say("hi");
		expect(stranger.read).toEqual([]);
		expect(visitor.read).toEqual(["echo hi"]);
		expect((await logOf(visitor)).map(({ from }) => from.role)).toEqual(["visitor", "answerer"]);
		expect(at.notes.lines.filter(({ event }) => event.endsWith("refused"))).toHaveLength(5);
	});

	test("isn't told from one that doesn't exist", async () => {
		const stranger = await open().client();
		await stranger.send({ event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "boo" } });
		expect(stranger.frames.at(-1)?.data).toMatchObject({ code: "not_joined" });
	});

	test("of another app has the same id and is another one", async () => {
		at = new TestOffice({
			answering: [new Steered()],
			apps_: [
				{ id: "shop", bot: { url: "http://127.0.0.1:1" } },
				{ id: "bank", bot: { url: "http://127.0.0.1:1" } },
			],
		});
		const mine = await at.client({ appId: "shop" });
		await mine.join();
		const theirs = await at.client({ appId: "bank" }, mine.sessionId);
		await theirs.join();
		expect(theirs.frames.at(-1)?.data).toEqual({ sessionCreated: true });
		await mine.say("hi");
		expect(theirs.read).toEqual([]);
	});
});

describe("agents", () => {
	test("need a token, whatever the URL says", async () => {
		open();
		for (const query of [{ isAdmin: "true" }, { isAdmin: "true", token: "forged" }, { token: "forged" }]) {
			const refused = await at.client(query as Record<string, string>).catch((error: unknown) => error);
			expect(refused).toBeInstanceOf(RouterError);
		}
	});

	test("can't be played by a visitor", async () => {
		const visitor = await open().visitor();
		await visitor.send({ event: "barge in", sender: { isAdmin: true, deviceId: "Widget", displayName: "Root" } });
		expect(visitor.frames.at(-1)?.data).toMatchObject({ code: "agent_token_required" });
		expect(await logOf(visitor)).toEqual([]);
	});

	test("are told when there's no such session", async () => {
		const agent = await open().client(at.agentClient("x").query, "stentor-widget-session-none");
		await agent.join();
		expect(agent.frames.at(-1)?.data).toMatchObject({ sessionCreated: false, code: "session_unknown" });
	});

	test("who only watch aren't seen or heard typing by the visitor", async () => {
		const visitor = await open().visitor();
		const agent = await at.agent(visitor.sessionId);
		await agent.send({ event: "typing" });
		await agent.send({ event: "receipt", data: { read: 0 } });
		expect(visitor.frames.map(({ event }) => event)).toEqual(["user joined", "connection update"]);
		await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
		await agent.send({ event: "typing" });
		await at.office.idle();
		expect(visitor.of("typing")[0]?.sender?.displayName).toBe("Grace");
	});
});

describe("frames that make no sense", () => {
	const frames: [string, string, string][] = [
		["no JSON", "{", "invalid_frame"],
		["an array", "[]", "invalid_frame"],
		["no event", "{}", "invalid_frame"],
		["an unknown event", '{"event":"dance"}', "unknown_event"],
		["an event of Object's", '{"event":"constructor"}', "unknown_event"],
		["an event that only the server sends", '{"event":"ack","sessionId":"s"}', "unknown_event"],
		["no session", '{"event":"new message","data":{"type":"INTENT_REQUEST"}}', "invalid_frame"],
		["a session that's no id", '{"event":"user joined","sessionId":"a/b"}', "invalid_frame"],
		["a session that's too long", `{"event":"user joined","sessionId":"${"x".repeat(300)}"}`, "invalid_frame"],
		[
			"a session with a length that's no number",
			'{"event":"user joined","sessionId":{"length":{"toString":1}}}',
			"invalid_frame",
		],
		["no data", '{"event":"new message","sessionId":"s"}', "invalid_frame"],
		["a wrong since", '{"event":"resume","sessionId":"s","data":{"since":-1}}', "invalid_frame"],
		["__proto__", '{"event":"user joined","sessionId":"s","__proto__":{"isAdmin":true}}', "invalid_frame"],
		[
			"deep nesting",
			`{"event":"user joined","sessionId":"s","data":${"[".repeat(500)}${"]".repeat(500)}}`,
			"invalid_frame",
		],
		[
			"too many bytes",
			`{"event":"user joined","sessionId":"s","data":"${"x".repeat(LIMITS.frameBytes)}"}`,
			"frame_too_large",
		],
	];
	test.each(frames)("%s", async (_, frame, code) => {
		const visitor = await open().visitor();
		await at.office.receive(visitor.connection, frame);
		const told = visitor.frames.at(-1);
		expect(told).toMatchObject({
			event: "failure",
			data: { type: "ROUTER", code, retryable: false, tries: 3, delay: 0 },
		});
		await visitor.say("still here");
		expect(visitor.read).toEqual(["echo still here"]);
		expect(await logOf(visitor)).toHaveLength(2);
	});

	test("what else stands in a receipt's data makes no other command of it", async () => {
		const visitor = await open().visitor();
		const request = { type: "INTENT_REQUEST", rawQuery: "unchecked" };
		await visitor.send({ event: "receipt", data: { type: "message", messageId: "a/b", request } });
		await visitor.send({ event: "receipt", data: { type: "join", sessionId: "\ud800" } });
		await at.office.idle();
		expect(visitor.of("failure")).toEqual([]);
		expect(await logOf(visitor)).toEqual([]);
	});

	test("the error names the field, and doesn't repeat what was written", async () => {
		const visitor = await open().visitor();
		await visitor.send({ event: "new message", data: { type: 7, rawQuery: "my password is hunter2" } });
		expect(visitor.frames.at(-1)?.data?.error).toMatch(/data\.type/);
		expect(JSON.stringify([visitor.frames, at.notes.lines])).not.toContain("hunter2");
	});
});

describe("at once", () => {
	test("two first frames of a new visitor make one session", async () => {
		const visitor = await open().client();
		await Promise.all([visitor.send({ event: "user joined" }), visitor.send({ event: "user joined" })]);
		const created = visitor.of("connection update").map(({ data }) => data);
		expect(created).toEqual([{ sessionCreated: true }, { sessionCreated: true }]);
		await visitor.say("hi");
		expect(visitor.read).toEqual(["echo hi"]);
	});

	test("a message id from 50 sockets is one entry, with 50 equal acknowledgements, also a day later", async () => {
		const visitor = await open().visitor();
		const others = await Promise.all(Array.from({ length: 5 }, () => at.client(visitor.query, visitor.sessionId)));
		const sockets = Array.from({ length: 50 }, (_, index) => others[index % 5] ?? visitor);
		for (const client of others) await client.join();
		const frame = { event: "new message", messageId: "m", data: { type: "INTENT_REQUEST", rawQuery: "once" } };
		await Promise.all(sockets.map((client) => client.send(frame)));
		await at.office.idle();
		at.clock.advance(24 * 3600_000);
		await visitor.send(frame);
		const acks = [visitor, ...others].flatMap((client) => client.of("ack")).map(({ data }) => JSON.stringify(data));
		expect(acks).toHaveLength(51);
		expect(new Set(acks).size).toBe(1);
		const said = (await logOf(visitor)).filter(({ from }) => from.role === "visitor");
		expect(said).toHaveLength(1);
	});
});
