import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { transportSuite } from "../../src/testing/transportSuite.js";
import { LocalTransport, type LocalTransportOptions } from "../../src/transport/local/LocalTransport.js";
import { type LocalServer, localServer } from "./sockets.js";

transportSuite(test, localServer);

let server: LocalServer;
afterEach(() => server?.close());

/** A server that tells what was confirmed. */
async function start(options?: LocalTransportOptions) {
	server = await localServer(options);
	const confirmed: unknown[] = [];
	server.transport.onConfirmed = (_, mark) => confirmed.push(mark);
	return { ...server, confirmed };
}

describe("connections", () => {
	test("have names that can't be guessed, and are of one run only", async () => {
		const { connect } = await start();
		const [one, other] = [await connect(), await connect()];
		const [boot, own] = one.address.connection.split(".");
		expect(other.address.connection).toMatch(new RegExp(`^${boot}\\.`));
		expect(other.address.connection).not.toContain(own);

		const restarted = await localServer();
		expect(await restarted.transport.post(one.address, "from before")).toBe("gone");
		await restarted.close();
		expect(one.received).toEqual([]);
	});

	test("are kept until they close", async () => {
		const { connect, transport } = await start();
		const [peer] = [await connect(), await connect()];
		expect(transport.size).toBe(2);
		await peer.closeByPeer();
		expect(transport.size).toBe(1);
		transport.add(peer.socket, peer.stream);
		expect(transport.size).toBe(1);
	});

	test("survive a peer that breaks the protocol", async () => {
		const { connect, transport } = await start();
		const peer = await connect();
		const stream = Reflect.get(peer.client, "_socket") as NodeJS.WritableStream;
		stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
		await peer.ended;
		expect(await transport.post(peer.address, "still there?")).toBe("gone");
	});
});

describe("ends", () => {
	test("carry their code, and a reason cut to what fits", async () => {
		const { connect, transport } = await start();
		const peer = await connect();
		await transport.disconnect(peer.address, "ü".repeat(100));
		expect(await peer.ended).toEqual([1000, "ü".repeat(61)]);
	});

	test("of all connections wait for their peers", async () => {
		const { connect, transport } = await start();
		const peers = [await connect(), await connect()];
		await transport.closeAll("Back in a minute.");
		expect(transport.size).toBe(0);
		for (const peer of peers) expect(await peer.ended).toEqual([1001, "Back in a minute."]);
	});

	test("of all connections don't wait for a peer that hangs", async () => {
		const { connect, transport } = await start();
		const peer = await connect();
		peer.client.pause();
		await transport.closeAll("Bye.");
		expect(transport.size).toBe(0);
		peer.client.resume();
		await peer.ended;
	});
});

describe("pings", () => {
	test("for marks: one at a time, then one for all that came meanwhile", async () => {
		const { connect, transport, confirmed } = await start();
		const { address, client } = await connect({ autoPong: false });
		const pings: Buffer[] = [];
		client.on("ping", (payload) => pings.push(payload));
		for (let mark = 1; mark <= 50; mark++) await transport.post(address, "frame", mark);
		await wait(50);
		expect(pings).toHaveLength(1);
		expect(pings[0]?.byteLength).toBeLessThanOrEqual(125);

		const next = once(client, "ping");
		client.pong(pings[0]);
		await next;
		expect(confirmed).toEqual([1]);
		client.pong(pings[1]);
		await wait(50);
		expect(confirmed).toEqual([1, 50]);
		expect(pings).toHaveLength(2);
	});

	test("aren't sent for frames without marks", async () => {
		const { connect, transport } = await start();
		const { address, client } = await connect();
		let pings = 0;
		client.on("ping", () => pings++);
		for (let i = 0; i < 10; i++) await transport.post(address, "frame");
		await wait(50);
		expect(pings).toBe(0);
	});

	test("confirm nothing by a pong that they didn't ask for", async () => {
		const { connect, transport, confirmed } = await start();
		const { address, client } = await connect({ autoPong: false });
		client.pong("1");
		await wait(20);
		await transport.post(address, "frame", "mark");
		client.pong("2");
		client.pong();
		await wait(50);
		expect(confirmed).toEqual([]);
	});
});

describe("heartbeats", () => {
	test("cut a peer that leaves two unanswered, and keep one that answers", async () => {
		const { connect, transport } = await start({ heartbeatMs: 100 });
		const [silent, answering] = [await connect({ autoPong: false }), await connect()];
		expect(await silent.ended).toEqual([1006, ""]);
		expect(await transport.post(silent.address, "late")).toBe("gone");
		await wait(400);
		expect(await transport.post(answering.address, "here")).toBe("sent");
	});

	test("wait for a mark's ping rather than sending a second one", async () => {
		const { connect, transport } = await start({ heartbeatMs: 100 });
		const { address, client, ended } = await connect({ autoPong: false });
		let pings = 0;
		client.on("ping", () => pings++);
		await transport.post(address, "frame", 1);
		await ended;
		expect(pings).toBe(1);
	});

	test("don't keep a process alive", async () => {
		// Which lists only what does.
		const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
		const before = timers();
		const transport = new LocalTransport();
		expect(timers()).toBe(before);
		await transport.close();
	});
});

describe("a peer that doesn't read", () => {
	const frame = "x".repeat(100_000);

	test("is dropped once too much waits for it", async () => {
		const { connect, transport } = await start({ maxBufferedBytes: 400_000, heartbeatMs: 50 });
		const [slow, quick] = [await connect(), await connect()];
		slow.client.pause();
		const results: (string | Promise<string>)[] = [];
		// Loopback itself takes some megabytes.
		for (let i = 0; i < 200; i++) results.push(transport.post(slow.address, frame));
		expect(await results.at(-1)).toBe("gone");
		expect(await transport.post(quick.address, "here")).toBe("sent");
		await Promise.all(results);
		while (transport.size > 1) await wait(5);
		slow.client.resume();
		await slow.ended;
	});

	test("is told why, if it reads again at once", async () => {
		const { connect, transport } = await start({ maxBufferedBytes: 400_000 });
		const peer = await connect();
		peer.client.pause();
		while ((await Promise.race([transport.post(peer.address, frame), wait(0)])) !== "gone");
		peer.client.resume();
		expect(await peer.ended).toEqual([1013, "You read too slowly; reconnect."]);
	});

	test("holds back who posts one by one, so that a long history drops nobody", async () => {
		const { connect, transport } = await start({ maxBufferedBytes: 400_000 });
		const peer = await connect();
		for (let i = 0; i < 200; i++) expect(await transport.post(peer.address, frame)).toBe("sent");
		while (peer.received.length < 200) await wait(5);
	});
});
