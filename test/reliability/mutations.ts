import { LIMITS } from "../../src/protocol/limits.js";
import type { FrameGrammar } from "./FrameGrammar.js";
import type { SeededRandom } from "./SeededRandom.js";

const KB = 1024;

export interface Material {
	readonly random: SeededRandom;
	readonly grammar: FrameGrammar;
}

export type Mutation = (frame: string, material: Material) => string;

/** What is done to real frames. Small ones first; `costly` are seldom drawn. */
export const mutations: readonly [Mutation, ...Mutation[]] = [
	/** Truncated. */
	(frame, { random }) => frame.slice(0, random.whole(0, frame.length)),
	/** A character changed. */
	(frame, { random }) => {
		const at = random.whole(0, frame.length - 1);
		return frame.slice(0, at) + String.fromCharCode(random.whole(0, 0x2ff)) + frame.slice(at + 1);
	},
	/** A part left out, or doubled. */
	(frame, { random }) => {
		const [from, to] = [random.whole(0, frame.length), random.whole(0, frame.length)];
		return frame.slice(0, from) + frame.slice(to);
	},
	/** A value of another type. */
	(frame, { random, grammar }) => {
		const values = [...frame.matchAll(/:("[^"]*"|-?\d+|true|false|null)/g)];
		const value = values[random.whole(0, values.length - 1)];
		if (!value) return frame;
		return `${frame.slice(0, value.index)}:${grammar.value(3)}${frame.slice(value.index + value[0].length)}`;
	},
	/** A huge number. */
	(frame, { grammar }) => frame.replace(/:\d+/g, () => `:${grammar.number()}`),
	/** A key twice, or one that objects have from birth. */
	(frame, { grammar }) => frame.replace(/}$/, () => `,${grammar.field(3)}}`),
	(frame, { random, grammar }) => {
		const keys = [...frame.matchAll(/"\w+":/g)];
		const key = keys[random.whole(0, keys.length - 1)];
		if (!key) return frame;
		const name = random.pick(["__proto__", "constructor", "prototype", "toJSON", "then"]);
		return `${frame.slice(0, key.index)}"${name}":${grammar.value(2)},${frame.slice(key.index)}`;
	},
	/** Nested around the limit. */
	(frame, { random }) => nested(frame, LIMITS.depth + random.whole(-4, 4)),
	/** Two in one, or a list of them. */
	(frame, { random }) => (random.chance(0.5) ? `${frame}${frame}` : `[${frame}]`),
];

/** Sizes around the limits, ours and API Gateway's, and nesting as deep as a frame can hold. */
export const costly: readonly [Mutation, ...Mutation[]] = [
	(frame, { random }) => padded(frame, random.whole(127 * KB, 129 * KB)),
	(frame, { random }) => padded(frame, LIMITS.frameBytes + random.whole(-2, 2)),
	(frame, { random }) => nested(frame, random.whole(1_000, 20_000)),
	(frame) => frame.replace(/}$/, () => `,"wide":{${Array.from({ length: 8_000 }, (_, i) => `"k${i}":0`).join(",")}}}`),
];

function nested(frame: string, depth: number): string {
	const [open, close] = depth % 2 === 0 ? ["[", "]"] : ['{"a":', "}"];
	return frame.replace(/}$/, () => `,"deep":${open.repeat(depth)}0${close.repeat(depth)}}`);
}

function padded(frame: string, bytes: number): string {
	const missing = bytes - Buffer.byteLength(frame) - ',"pad":""'.length;
	return frame.replace(/}$/, () => `,"pad":"${"p".repeat(Math.max(0, missing))}"}`);
}
