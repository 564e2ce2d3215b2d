import type { SeededRandom } from "./SeededRandom.js";

const EVENTS = [
	"user joined",
	"user left",
	"new message",
	"typing",
	"stop typing",
	"barge in",
	"barge out",
	"resume",
	"receipt",
	"ping",
	"connection update",
	"ack",
	"constructor",
	"__proto__",
	"toString",
	"",
] as const;

const KEYS = [
	"event",
	"data",
	"sender",
	"sessionId",
	"messageId",
	"timeMs",
	"since",
	"delivered",
	"read",
	"rawQuery",
	"type",
	"attributes",
	"userProfile",
	"displayName",
	"__proto__",
	"constructor",
	"prototype",
	"toString",
	"hasOwnProperty",
	"length",
	"then",
	"toJSON",
	"",
	"0",
] as const;

/** Of requests; and of our own commands, which no frame may name. */
const TYPES = ['"INTENT_REQUEST"', '"INTENT_REQUEST"', '"LAUNCH_REQUEST"', '"message"', '"bargeIn"', "7"] as const;

const NUMBERS = [
	"0",
	"-0",
	"1",
	"-1",
	"0.5",
	"1e308",
	"-1e308",
	"1e999",
	"-1e999",
	"1e-400",
	"9007199254740991",
	"9007199254740993",
	"18446744073709551616",
	"1".repeat(400),
] as const;

const STRINGS = [
	'""',
	'"\\u0000"',
	'"\\ud800"',
	'"\\udfff\\ud800"',
	'"\u202etxt.exe"',
	'"👩‍👩‍👧‍👦"',
	'"\\"\\\\/"',
	'"LAUNCH_REQUEST"',
	'"INTENT_REQUEST"',
	`"'; DROP TABLE entries; --"`,
	'"<script>alert(1)</script>"',
	`"${"x".repeat(201)}"`,
	`"${"ü".repeat(2_000)}"`,
] as const;

/** Writes JSON that looks more or less like a client's frames; as text, so that keys may come twice or be `__proto__`. */
export class FrameGrammar {
	constructor(
		private readonly random: SeededRandom,
		/** The ids of sessions that frames name; some are others'. */
		private readonly sessions: readonly [string, ...string[]],
	) {}

	frame(): string {
		const { random } = this;
		const fields = [`"event":${this.event()}`];
		if (random.chance(0.9)) fields.push(`"sessionId":${this.session()}`);
		if (random.chance(0.8)) fields.push(`"data":${random.chance(0.6) ? this.data() : this.value(4)}`);
		if (random.chance(0.4)) fields.push(`"messageId":${this.messageId()}`);
		if (random.chance(0.4)) fields.push(`"timeMs":${this.number()}`);
		if (random.chance(0.4)) fields.push(`"sender":${this.value(3)}`);
		while (random.chance(0.3)) fields.push(this.field(3));
		return `{${fields.sort(() => random.fraction() - 0.5).join(",")}}`;
	}

	/** Any JSON. */
	value(depth: number): string {
		const { random } = this;
		const kind = random.whole(0, depth > 0 ? 6 : 4);
		if (kind === 0) return random.pick(["null", "true", "false"]);
		if (kind === 1) return this.number();
		if (kind === 2) return this.session();
		if (kind <= 4) return random.pick(STRINGS);
		const parts = Array.from({ length: random.whole(0, 4) }, () =>
			kind === 5 ? this.value(depth - 1) : this.field(depth),
		);
		return kind === 5 ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
	}

	number(): string {
		return this.random.chance(0.5) ? this.random.pick(NUMBERS) : String(this.random.whole(-5, 50));
	}

	field(depth: number): string {
		return `"${this.random.pick(KEYS)}":${this.value(depth - 1)}`;
	}

	private event(): string {
		return this.random.chance(0.95) ? `"${this.random.pick(EVENTS)}"` : this.value(2);
	}

	private session(): string {
		return this.random.chance(0.9) ? JSON.stringify(this.random.pick(this.sessions)) : this.random.pick(STRINGS);
	}

	private messageId(): string {
		return this.random.chance(0.8) ? `"m${this.random.whole(1, 1_000)}"` : this.value(2);
	}

	private data(): string {
		const { random } = this;
		const fields = [`"type":${random.pick(TYPES)}`];
		if (random.chance(0.6)) fields.push(`"rawQuery":${random.chance(0.7) ? '"Where is my order?"' : this.value(2)}`);
		if (random.chance(0.5)) fields.push(`"since":${this.number()}`);
		if (random.chance(0.3)) fields.push(`"delivered":${this.number()}`, `"read":${this.number()}`);
		while (random.chance(0.3)) fields.push(this.field(3));
		return `{${fields.join(",")}}`;
	}
}
