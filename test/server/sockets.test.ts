import { createHmac } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { eventually, givenServer, refusal, WireClient } from "./given.js";

const JWT_SECRET = "a-secret-of-this-test-with-32-bytes-or-more";
const SESSION = "stentor-widget-session-1";

describe("a handshake", () => {
	test("from a foreign page is refused and logged; from our own page, or without an origin, it's taken", async () => {
		const { wsUrl, url, log } = await givenServer();
		for (const origin of ["https://evil.example", "null", `${url}.evil.example`]) {
			expect(await refusal(wsUrl, { origin })).toMatchObject({
				status: 403,
				text: expect.stringMatching(/ALLOWED_ORIGINS/),
			});
		}
		expect(log.filter(({ code }) => code === "origin_forbidden")).toHaveLength(3);
		expect(log.some(({ event }) => event === "connected")).toBe(false);
		await WireClient.connect(wsUrl, SESSION, { origin: url });
		await WireClient.connect(wsUrl, SESSION);
	});

	test("from a page in ALLOWED_ORIGINS is taken", async () => {
		const listed = await givenServer({ ALLOWED_ORIGINS: "https://shop.example" });
		await WireClient.connect(listed.wsUrl, SESSION, { origin: "https://shop.example" });
		expect(await refusal(listed.wsUrl, { origin: "http://shop.example" })).toMatchObject({ status: 403 });
		const all = await givenServer({ ALLOWED_ORIGINS: "*" });
		await WireClient.connect(all.wsUrl, SESSION, { origin: "https://anywhere.example" });
	});

	test("for an unknown app or path is refused", async () => {
		const { wsUrl, url } = await givenServer();
		expect(await refusal(`${wsUrl}?appId=other`)).toMatchObject({ status: 404, text: expect.stringMatching(/No app/) });
		expect(await refusal(`${url.replace("http", "ws")}/other`)).toMatchObject({ status: 404 });
	});

	test("over MAX_CONNECTIONS is refused until somebody goes", async () => {
		const { wsUrl } = await givenServer({ MAX_CONNECTIONS: "1" });
		const first = await WireClient.connect(wsUrl, SESSION);
		expect(await refusal(wsUrl)).toMatchObject({ status: 503 });
		first.socket.close();
		await first.closeCode;
		await eventually(async () => {
			const socket = new WebSocket(wsUrl);
			socket.on("error", () => {});
			const opened = await Promise.race([
				once(socket, "open").then(() => true),
				once(socket, "error").then(() => false),
			]);
			socket.terminate();
			return opened;
		});
	});

	test("of an address that has as many connections as it may is refused until one is closed", async () => {
		const { wsUrl } = await givenServer({ CONNECTIONS_PER_ADDRESS: "2", TRUSTED_PROXIES: "1" });
		const from = (address: string) => ({ headers: { "X-Forwarded-For": address } });
		const first = await WireClient.connect(wsUrl, SESSION, from("2001:db8:1:2:3::1"));
		await WireClient.connect(wsUrl, SESSION, from("2001:db8:1:2:4::1"));
		const refused = await refusal(wsUrl, from("2001:db8:1:2::5"));
		expect(refused).toMatchObject({ status: 429, text: expect.stringMatching(/2 connections of this address/) });
		await WireClient.connect(wsUrl, SESSION, from("2001:db8:1:3::1"));
		first.socket.close();
		await first.closeCode;
		await eventually(async () => {
			const next = await WireClient.connect(wsUrl, SESSION, from("2001:db8:1:2::5")).catch(() => undefined);
			return next !== undefined;
		});
	});

	test("of a person who has as many connections as they may is refused, and leaves nothing behind", async () => {
		const { wsUrl, log } = await givenServer({ CONNECTIONS_PER_USER: "2", JWT_SECRET });
		const mine = `${wsUrl}?userId=somebody-5c1f0f62-3f0e-4f53-8a3b-1f2b6a3c9d10`;
		await WireClient.connect(mine, SESSION);
		await WireClient.connect(mine, SESSION);
		const refused = await refusal(mine);
		expect(refused).toMatchObject({ status: 429, text: expect.stringMatching(/2 connections of this user/) });
		await eventually(() => log.some(({ event }) => event === "disconnected"));
		await WireClient.connect(`${wsUrl}?userId=another`, SESSION);
	});

	test("that is malformed, or whose client hangs up, leaves nothing behind", async () => {
		const { url, log } = await givenServer();
		const { port } = new URL(url);
		const socket = connect(Number(port), "127.0.0.1");
		socket.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
		const [answer] = await once(socket, "data");
		expect(String(answer)).toMatch(/^HTTP\/1\.1 400 /);
		await eventually(() => log.some(({ event }) => event === "disconnected"));
	});
});

describe("isAdmin=true", () => {
	const claims = { sub: "ada", role: "agent", aud: "stentor-chat-router", exp: Math.floor(Date.now() / 1000) + 600 };
	const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const unsigned = `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
	const body = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
	const foreign = `${body}.${createHmac("sha256", "another secret").update(body).digest("base64url")}`;

	test("needs a valid token: none, an expired, an unsigned or a foreign one is refused and logged", async () => {
		const { wsUrl, log } = await givenServer({ JWT_SECRET });
		const visitor = await WireClient.visitor(wsUrl, SESSION);
		const expired = await createAgentToken({ secret: JWT_SECRET, subject: "ada", lifetimeSeconds: -60 });
		const address = `${wsUrl}?userId=ada&isAdmin=true`;
		expect(await refusal(address)).toMatchObject({ status: 401 });
		for (const token of [expired, unsigned, foreign, "x"]) {
			expect(await refusal(`${address}&token=${token}`)).toMatchObject({ status: 401 });
			expect(await refusal(address, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({ status: 401 });
			expect(await refusal(address, { headers: { cookie: `stentor_agent=${token}` } })).toMatchObject({ status: 401 });
		}
		const refused = log.filter(({ event }) => event === "connection refused");
		expect(refused.map(({ level, code }) => `${level} ${code}`)).toContain("warn agent_token_required");
		expect(JSON.stringify(log)).not.toContain(expired);
		expect(visitor.of("user joined").filter(({ sender }) => sender?.isAdmin)).toEqual([]);
	});

	test("with one lets an agent see what was said; a signed-in agent's cookie does the same", async () => {
		const { wsUrl, url } = await givenServer({ JWT_SECRET, ALLOWED_ORIGINS: "*" });
		const visitor = await WireClient.visitor(wsUrl, SESSION);
		visitor.say("Is anybody there?");
		const token = await createAgentToken({ secret: JWT_SECRET, subject: "ada", name: "Ada" });
		const cookie = `a=b; stentor_agent=${token}`;
		for (const [query, headers] of [
			[`&token=${token}`, {}],
			["", { cookie, origin: url }],
		] as const) {
			const agent = await WireClient.connect(`${wsUrl}?userId=agent-${query.length}&isAdmin=true${query}`, SESSION, {
				headers,
			});
			agent.send({ event: "user joined", sender: { isAdmin: true } });
			await agent.until(() => agent.read.includes("Is anybody there?"));
		}
		const foreign = { headers: { cookie, origin: "http://127.0.0.1:1" } };
		expect(await refusal(`${wsUrl}?isAdmin=true`, foreign)).toMatchObject({ status: 401 });
		// The cookie is for connections that say they're an agent's: the same browser may be a visitor's too.
		const other = await WireClient.connect(`${wsUrl}?userId=v2`, "session-2", { headers: { cookie } });
		other.send({ event: "barge in" });
		await other.until((frames) => frames.some(({ data }) => data?.code === "agent_token_required"));
	});
});

describe("frames", () => {
	test("that are malformed get a clear error, and the connection lives", async () => {
		const { wsUrl } = await givenServer({ FRAMES_PER_SECOND: "1000" });
		const visitor = await WireClient.visitor(wsUrl, SESSION);
		const bystander = await WireClient.visitor(wsUrl, "session-2");
		const before = bystander.frames.length;
		const cases: [string | Buffer, string][] = [
			["{", "invalid_frame"],
			["[]", "invalid_frame"],
			['{"event":"no such event"}', "unknown_event"],
			['{"event":"new message"}', "invalid_frame"],
			[
				JSON.stringify({ event: "new message", sessionId: SESSION, data: "x".repeat(LIMITS.frameBytes) }),
				"frame_too_large",
			],
			[Buffer.from([1, 2, 3]), "invalid_frame"],
		];
		for (const [frame, code] of cases) {
			const count = visitor.of("failure").length;
			visitor.socket.send(frame);
			await visitor.until(() => visitor.of("failure").length > count);
			expect(visitor.of("failure").at(-1)?.data).toMatchObject({ type: "ROUTER", code, error: expect.any(String) });
		}
		visitor.send({ event: "ping" });
		await visitor.until(() => visitor.of("pong").length === 1);
		expect(bystander.frames).toHaveLength(before);
	});

	test("are taken in their order, also those sent before the server has welcomed, and more than it reads at once", async () => {
		const { wsUrl } = await givenServer({ FRAME_BURST: "1000" });
		const client = new WebSocket(`${wsUrl}?userId=u1`);
		const acks: string[] = [];
		client.on("message", (data) => {
			const { event, data: said } = JSON.parse(data.toString());
			if (event === "ack") acks.push(said.messageId);
		});
		await once(client, "open");
		const frame = (rest: object) => JSON.stringify({ sessionId: SESSION, timeMs: Date.now(), ...rest });
		client.send(frame({ event: "user joined" }));
		const ids = Array.from({ length: 300 }, (_, index) => `m${index}`);
		for (const messageId of ids) {
			client.send(frame({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: messageId } }));
		}
		await eventually(() => acks.length === ids.length);
		expect(acks).toEqual(ids);
		client.terminate();
	});

	test("that are refused after that was told are told of, too: nobody waits for what was never read", async () => {
		const { wsUrl } = await givenServer({ FRAME_BURST: "5", FRAMES_PER_SECOND: "20" });
		const visitor = await WireClient.visitor(wsUrl, SESSION);
		for (let index = 0; index < 50; index++) visitor.send({ event: "ping" });
		await visitor.until(() => visitor.of("failure").length === 2);
		expect(visitor.of("failure").map(({ data }) => (data as { code?: string }).code)).toEqual([
			"rate_limited",
			"rate_limited",
		]);
	});

	test("beyond the rate are refused, once a second, and the connection lives", async () => {
		const { wsUrl } = await givenServer({ FRAME_BURST: "5", FRAMES_PER_SECOND: "20" });
		const visitor = await WireClient.visitor(wsUrl, SESSION);
		for (let index = 0; index < 50; index++) visitor.send({ event: "ping" });
		await visitor.until(() => visitor.of("failure").length > 0);
		expect(visitor.of("failure").map(({ data }) => data)).toEqual([
			expect.objectContaining({ code: "rate_limited", retryable: true, tries: 3 }),
		]);
		expect(visitor.of("pong").length).toBeLessThan(10);
		await new Promise((resolve) => setTimeout(resolve, 300));
		const pongs = visitor.of("pong").length;
		visitor.send({ event: "ping" });
		await visitor.until(() => visitor.of("pong").length > pongs);
	});
});

test("One message id from 50 sockets of a visitor at once is one entry, and so is it a while later", async () => {
	const { wsUrl } = await givenServer({ CONNECTIONS_PER_USER: "100" });
	const user = "u-0c6a1f7a-3f2c-4c43-9a52-5f8b1d861f11";
	const sockets = await Promise.all(Array.from({ length: 50 }, () => WireClient.visitor(wsUrl, SESSION, user)));
	for (const client of sockets) client.say("Only once", "m1");
	for (const client of sockets) await client.until(() => client.of("ack").length === 1);
	const later = await WireClient.visitor(wsUrl, SESSION, user);
	later.say("Only once", "m1");
	await later.until(() => later.of("ack").length === 1);
	const acks = [...sockets, later].map((client) => JSON.stringify(client.of("ack")[0]?.data));
	expect(new Set(acks).size).toBe(1);
	later.send({ event: "resume", data: { since: 0 } });
	await later.until(() => later.of("resumed").length === 1);
	expect(new Set(later.frames.filter(({ own }) => own).map(({ seq }) => seq)).size).toBe(1);
});

test("A stop has clients reconnect, finishes what they sent, and a new start goes on with it", async () => {
	const first = await givenServer();
	const visitor = await WireClient.visitor(first.wsUrl, SESSION, "u-5f8b1d86-3f2c-4c43-9a52-0c6a1f7a1f11");
	visitor.say("Before the restart", "m1");
	await visitor.until(() => visitor.of("ack").length === 1);
	const stopping = first.close();
	expect(await visitor.closeCode).toBe(1012);
	await stopping;
	expect(first.log.filter(({ level }) => level === "error")).toEqual([]);
	await expect(fetch(`${first.url}/healthz`)).rejects.toThrow();

	const second = await givenServer({ DATA_DIR: first.dataDir });
	const back = await WireClient.visitor(second.wsUrl, SESSION, "u-5f8b1d86-3f2c-4c43-9a52-0c6a1f7a1f11");
	back.send({ event: "resume", data: { since: 0 } });
	await back.until(() => back.of("resumed").length === 1);
	expect(back.read.some((text) => text.includes("don't know"))).toBe(true);
	expect(back.frames.find(({ event }) => event === "resumed")?.data).toMatchObject({ recovered: true });
});
