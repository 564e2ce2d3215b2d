/** WebSocket frames as a server sends them: final and unmasked (RFC 6455, 5.2). */

const FINAL = 0x80;
export const OPCODES = { text: 0x1, ping: 0x9 } as const;

export interface Frame {
	readonly opcode: (typeof OPCODES)[keyof typeof OPCODES];
	readonly text: string;
	/** The text's bytes in UTF-8. */
	readonly bytes: number;
}

/** How long a payload may be whose length fits the second byte, or the two bytes after it. */
const SHORT = 125;
const MEDIUM = 0xffff;

/** Frames one after the other, to be written at once. */
export function encodeFrames(frames: readonly Frame[]): Buffer {
	const encoded = Buffer.allocUnsafe(frames.reduce((sum, { bytes }) => sum + headerBytes(bytes) + bytes, 0));
	let at = 0;
	for (const { opcode, text, bytes } of frames) {
		at = writeHeader(encoded, at, opcode, bytes);
		at += encoded.write(text, at);
	}
	return encoded;
}

function headerBytes(bytes: number): number {
	return bytes <= SHORT ? 2 : bytes <= MEDIUM ? 4 : 10;
}

function writeHeader(into: Buffer, start: number, opcode: number, bytes: number): number {
	const at = into.writeUInt8(FINAL | opcode, start);
	if (bytes <= SHORT) return into.writeUInt8(bytes, at);
	if (bytes <= MEDIUM) return into.writeUInt16BE(bytes, into.writeUInt8(126, at));
	return into.writeBigUInt64BE(BigInt(bytes), into.writeUInt8(127, at));
}
