import { randomBytes } from "node:crypto";
import type { SeededRandom } from "./SeededRandom.js";

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const FINAL = 0x80;
const MASKED = 0x80;
const MASK = Buffer.from([0, 0, 0, 0]);

/** A frame of the WebSocket protocol (RFC 6455, 5.2) as a client sends it, masked with zeros. */
export function wireFrame(opcode: number, payload: string | Buffer, isFinal = true): Buffer {
	const body = Buffer.from(payload);
	const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 2 ** 16 ? 4 : 10);
	head[0] = opcode | (isFinal ? FINAL : 0);
	if (body.length < 126) head[1] = MASKED | body.length;
	else if (body.length < 2 ** 16) {
		head[1] = MASKED | 126;
		head.writeUInt16BE(body.length, 2);
	} else {
		head[1] = MASKED | 127;
		head.writeBigUInt64BE(BigInt(body.length), 2);
	}
	return Buffer.concat([head, MASK, body]);
}

export const pings = (count: number, payload = "x".repeat(125)): Buffer =>
	Buffer.concat(Array.from({ length: count }, () => wireFrame(PING, payload)));

/** A message in fragments of this many bytes each. */
function fragmented(count: number, bytes: number): Buffer {
	const fragment = wireFrame(CONTINUATION, " ".repeat(bytes), false);
	return Buffer.concat([
		wireFrame(TEXT, "{", false),
		Buffer.alloc(count * fragment.length, fragment),
		wireFrame(CONTINUATION, "}"),
	]);
}

export interface BrokenFrame {
	readonly bytes: (random: SeededRandom) => Buffer;
	/** The codes that the server may close with; none: the connection stays open. */
	readonly closes: readonly number[];
}

/** What breaks the WebSocket protocol or the limits of its messages, below what a frame says. */
export const brokenFrames: Readonly<Record<string, BrokenFrame>> = {
	"invalid UTF-8": {
		bytes: (random) =>
			wireFrame(TEXT, Buffer.concat([Buffer.from('{"event":"'), invalidUtf8(random), Buffer.from('"}')])),
		closes: [1007],
	},
	"a message in a million empty fragments": { bytes: () => fragmented(1_000_000, 0), closes: [1008] },
	"a message in a million fragments of a byte": { bytes: () => fragmented(1_000_000, 1), closes: [1008] },
	"a message in a thousand fragments": { bytes: () => fragmented(1_000, 1), closes: [] },
	"a message of 2 MB": { bytes: () => wireFrame(TEXT, `"${"x".repeat(2 ** 21)}"`), closes: [1009] },
	"a length of 2^63 bytes": {
		bytes: () => Buffer.from([FINAL | TEXT, MASKED | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
		closes: [1009],
	},
	"a continuation of nothing": { bytes: () => wireFrame(CONTINUATION, "more"), closes: [1002] },
	"a message inside another": {
		bytes: () => Buffer.concat([wireFrame(TEXT, "{", false), wireFrame(TEXT, "{")]),
		closes: [1002],
	},
	"an unknown opcode": { bytes: (random) => wireFrame(random.whole(3, 7), "?"), closes: [1002] },
	"reserved bits": { bytes: (random) => wireFrame(TEXT | (random.whole(1, 7) << 4), "{}"), closes: [1002] },
	"an unmasked frame": { bytes: () => Buffer.from([FINAL | TEXT, 2, 0x7b, 0x7d]), closes: [1002] },
	"a ping in parts": { bytes: () => wireFrame(PING, "x", false), closes: [1002] },
	"a ping over 125 bytes": { bytes: () => wireFrame(PING, "x".repeat(126)), closes: [1002] },
	"a close frame of one byte": { bytes: () => wireFrame(CLOSE, "x"), closes: [1002] },
	"a close frame with a forbidden code": { bytes: () => wireFrame(CLOSE, Buffer.from([0x03, 0xee])), closes: [1002] },
	"pings of all sizes, among fragments": {
		bytes: (random) =>
			Buffer.concat([
				wireFrame(TEXT, '{"event":', false),
				...Array.from({ length: 60 }, () => wireFrame(PING, randomBytes(random.whole(0, 125)))),
				wireFrame(CONTINUATION, '"ping"}'),
			]),
		closes: [],
	},
	"pongs that nobody asked for": {
		bytes: () => Buffer.concat(Array.from({ length: 200 }, (_, index) => wireFrame(0xa, String(index)))),
		closes: [],
	},
	"binary frames": { bytes: (random) => wireFrame(BINARY, randomBytes(random.whole(0, 2_000))), closes: [] },
	"bytes at random": {
		// The first byte's reserved bits make it wrong from the start: it can't happen to be the start of something long.
		bytes: (random) => Buffer.concat([Buffer.from([0xf1]), randomBytes(random.whole(1, 5_000))]),
		closes: [1002],
	},
};

function invalidUtf8(random: SeededRandom): Buffer {
	return Buffer.from(
		random.pick([
			[0xff],
			[0xc0, 0xaf],
			[0xed, 0xa0, 0x80],
			[0xf4, 0x90, 0x80, 0x80],
			[0xe2, 0x82],
			[0x80],
			[0xf8, 0x88, 0x80, 0x80, 0x80],
		]),
	);
}
