import type { KnownByEmail } from "../../../crm/customers/schema.js";
import { PRODUCTS } from "../demoShop.js";
import { AGENTS, COMPANIES, NAMES } from "./people.js";
import { type Line, TALKS, type Talk } from "./talks.js";

/** One conversation of the demo. The same number always has the same one. */
export interface Planned {
	readonly number: number;
	readonly customer: KnownByEmail;
	/** The e-mail address of the agent who has it. */
	readonly agent: string;
	readonly subject: string;
	readonly tags: readonly string[];
	readonly priority: Talk["priority"];
	readonly channel: string;
	readonly lines: readonly PlannedLine[];
	readonly end: Talk["end"] | "open" | "pending";
	readonly rating?: { readonly rating: number; readonly comment?: string };
	/** How long before now it began, in milliseconds. */
	readonly agoMs: number;
}

export interface PlannedLine {
	readonly by: Line[0];
	readonly text: string;
	/** After the line before, in milliseconds. */
	readonly afterMs: number;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How far back it goes. */
const DAYS = 14;
/** The newest ones aren't over. */
const GOING_ON = 20;
/** Every fourth customer writes for somebody's company. */
const IN_COMPANY = 4;

/** The demo's conversations, the oldest first. */
export function demoPlan(conversations: number): Planned[] {
	return Array.from({ length: conversations }, (_, number) => planned(number, conversations));
}

function planned(number: number, of: number): Planned {
	const random = randomFrom(number);
	const talk = pick(TALKS, random);
	const [given, family] = NAMES[talk.language];
	const [first, last] = [pick(given, random), pick(family, random)];
	const agent = pick(AGENTS, random);
	const words = {
		order: `#${40_000 + number * 7}`,
		product: pick(PRODUCTS, random).title,
		customer: first,
		agent: agent.name.split(" ")[0] ?? "",
	};
	const isOver = number < of - GOING_ON;
	// Who is still waited for has said the newest line, or hasn't answered it yet.
	const shown = isOver ? talk.lines : talk.lines.slice(0, 1 + Math.floor(random() * (talk.lines.length - 1)));
	const lines = shown.map(([by, text]) => ({
		by,
		text: filled(text, words),
		afterMs: Math.round((by === "customer" ? 1 : 0.4) * MINUTE * (0.3 + 4 * random())),
	}));
	const isAnswered = shown.at(-1)?.[0] !== "customer";
	const rated = isOver && talk.rating !== undefined && random() < 0.7;
	const share = (of - number) / of;
	return {
		number,
		customer: {
			name: `${first} ${last}`,
			email: `${plain(first)}.${plain(last)}@customers.example`,
			...(number % IN_COMPANY === 0 && { company: pick(COMPANIES, random) }),
		},
		agent: agent.email,
		subject: filled(talk.subject, words),
		tags: [...talk.tags, talk.language],
		priority: talk.priority,
		channel: pick(["web", "web", "web", "mobile", "email"], random),
		lines,
		end: isOver ? talk.end : isAnswered && random() < 0.5 ? "pending" : "open",
		...(rated && { rating: { rating: talk.rating ?? 5, comment: talk.comment } }),
		agoMs: Math.round(isOver ? DAY + share * (DAYS - 1) * DAY : 40 * MINUTE + share * of * 25 * MINUTE),
	};
}

function filled(text: string, words: Readonly<Record<string, string>>): string {
	return text.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? "");
}

/** As it may stand in an e-mail address. */
function plain(name: string): string {
	return name
		.normalize("NFD")
		.toLowerCase()
		.replace(/ß/g, "ss")
		.replace(/ı/g, "i")
		.replace(/[^a-z]/g, "");
}

function pick<T>(from: readonly [T, ...T[]] | readonly T[], random: () => number): T {
	return from[Math.floor(random() * from.length)] as T;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = (seed + 1) * 0x9e3779b1;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
