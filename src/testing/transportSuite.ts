import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import type { Address, Transport } from "../transport/Transport.js";
import { checksOf, type Runner } from "./checksOf.js";

/** A client at the other end of a connection. */
export interface Peer {
	readonly address: Address;
	/** The frames that have arrived, in the order of their arrival. */
	readonly received: readonly string[];
	/** Settles when the connection has ended, from whichever side. */
	readonly ended: Promise<unknown>;
	/** Ends the connection from the client's side; settles when the transport's side knows. */
	closeByPeer(): Promise<void>;
}

/** A transport with clients to connect to it; `close` ends whatever `open` and `connect` started. */
export interface TransportUnderTest {
	readonly transport: Transport;
	connect(): Promise<Peer>;
	close(): Promise<void>;
}

/** How long something that must happen may take, and how long what mustn't happen is waited for, in milliseconds. */
const SOON = 5_000;
const QUIET = 100;

/**
 * The contract of `Transport` as tests; each gets a fresh one from `open`. `test` is the runner's, e.g. jest's.
 *
 * ```ts
 * transportSuite(test, async () => ({ transport: new MyTransport(), connect, close }));
 * ```
 */
export function transportSuite(test: Runner, open: () => Promise<TransportUnderTest>): void {
	const check = checksOf(test, open);

	check("frames posted one after the other arrive in that order", async ({ transport, connect }) => {
		const peer = await connect();
		const frames = Array.from({ length: 30 }, (_, i) => `${i}:${"x".repeat(i % 3 === 0 ? 60_000 : 10)}`);
		for (const frame of frames) assert.equal(await transport.post(peer.address, frame), "sent");
		await until(() => peer.received.length >= frames.length);
		assert.deepEqual(peer.received, frames);
	});

	check("a frame reaches its connection only", async ({ transport, connect }) => {
		const [one, other] = [await connect(), await connect()];
		await transport.post(one.address, "for one");
		await transport.post(other.address, "for other");
		await until(() => one.received.length > 0 && other.received.length > 0);
		assert.deepEqual([one.received, other.received], [["for one"], ["for other"]]);
	});

	check("a frame arrives as it was, whatever its script", async ({ transport, connect }) => {
		const peer = await connect();
		const frame = JSON.stringify({ text: 'Grüße, 你好, שלום, 👩‍👩‍👧 \u0000 \u2028 "quoted" \\' });
		await transport.post(peer.address, frame);
		await until(() => peer.received.length > 0);
		assert.deepEqual(peer.received, [frame]);
	});

	check("a frame of 128 KB passes, one byte more is refused and harms nothing", async ({ transport, connect }) => {
		const peer = await connect();
		const largest = "ü".repeat(LIMITS.outboundBytes / 2);
		assert.equal(await transport.post(peer.address, largest), "sent");
		await assert.rejects(async () => transport.post(peer.address, `${largest}x`), isError("frame_too_large"));
		assert.equal(await transport.post(peer.address, "after"), "sent");
		await until(() => peer.received.length >= 2);
		assert.deepEqual(peer.received, [largest, "after"]);
	});

	check("a connection that its peer closed is gone", async ({ transport, connect }) => {
		const [peer, other] = [await connect(), await connect()];
		await peer.closeByPeer();
		assert.equal(await transport.post(peer.address, "late"), "gone");
		assert.equal(await transport.post(peer.address, "later"), "gone");
		assert.equal(await transport.post(other.address, "here"), "sent");
		assert.deepEqual(peer.received, []);
	});

	check("a connection that never was is gone", async ({ transport, connect }) => {
		const { address, received } = await connect();
		const unknown = { ...address, connection: address.connection.split("").reverse().join("") };
		assert.equal(await transport.post(unknown, "hello?"), "gone");
		assert.deepEqual(received, []);
	});

	check("disconnect ends a connection", async ({ transport, connect }) => {
		const [peer, other] = [await connect(), await connect()];
		await transport.disconnect(peer.address, "You have been replaced.");
		assert.equal(await transport.post(peer.address, "late"), "gone");
		await peer.ended;
		assert.equal(await transport.post(other.address, "here"), "sent");
	});

	check("disconnecting what is gone is fine", async ({ transport, connect }) => {
		const [peer, left] = [await connect(), await connect()];
		await left.closeByPeer();
		await transport.disconnect(left.address, "gone already");
		await transport.disconnect(peer.address, "once");
		await transport.disconnect(peer.address, "twice");
		await peer.ended;
		await transport.disconnect(peer.address, "once more");
	});

	check("marks are confirmed once their frames have arrived, in order, if at all", async (given) => {
		const { transport, connect } = given;
		const [peer, other] = [await connect(), await connect()];
		const confirmed: unknown[] = [];
		const wrong: unknown[] = [];
		transport.onConfirmed = (connection, mark) => {
			confirmed.push(mark);
			const arrived = peer.received.includes(`frame ${mark}`);
			if (!arrived || connection !== peer.address.connection) wrong.push({ connection, mark, arrived });
		};
		for (let mark = 1; mark <= 20; mark++) {
			await transport.post(peer.address, `frame ${mark}`, mark);
			await transport.post(other.address, "unmarked");
		}
		if (transport.confirms) await until(() => confirmed.at(-1) === 20);
		else await wait(QUIET);
		assert.deepEqual(wrong, []);
		assert.deepEqual(
			confirmed,
			[...new Set(confirmed)].sort((a, b) => Number(a) - Number(b)),
		);
		if (!transport.confirms) assert.deepEqual(confirmed, []);
	});

	check("what is gone confirms nothing", async ({ transport, connect }) => {
		const peer = await connect();
		const confirmed: unknown[] = [];
		transport.onConfirmed = (_, mark) => confirmed.push(mark);
		await peer.closeByPeer();
		await transport.post(peer.address, "late", 1);
		await wait(QUIET);
		assert.deepEqual(confirmed, []);
	});

	check("a transport nobody listens to takes marks all the same", async ({ transport, connect }) => {
		const peer = await connect();
		assert.equal(await transport.post(peer.address, "marked", { seq: 1 }), "sent");
		await until(() => peer.received.length === 1);
	});

	check("close can be called twice", async ({ transport }) => {
		await transport.close();
		await transport.close();
	});
}

async function until(holds: () => boolean): Promise<void> {
	const end = performance.now() + SOON;
	while (!holds()) {
		assert.ok(performance.now() < end, `${holds} doesn't hold after ${SOON} ms`);
		await wait(5);
	}
}

function isError(code: RouterError["code"]): (error: unknown) => boolean {
	return (error) => error instanceof RouterError && error.code === code;
}
