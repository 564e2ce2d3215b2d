import type { Table } from "../measure/table.js";
import type { ConversationCounts } from "../storage/countConversation.js";
import { PRICES, QUOTAS } from "./prices.js";

/** What can't be counted here, and is taken to be so. */
export const ASSUMED = {
	/** Milliseconds that DynamoDB, and API Gateway for a post, take to answer a Lambda. */
	dynamodbMs: 5,
	postMs: 10,
	/** That a bot takes to answer. */
	botMs: 1_000,
	/** How much of a core a Lambda of 1,024 MB has. */
	cores: 1_024 / 1_769,
	memoryGb: 1,
	/** How long a visitor is connected. */
	minutes: 10,
	/** How much more happens in the busiest second than on average. */
	peak: 4,
} as const;

/** Write units of the busiest key of the words for a message: of "th", as test/fixtures/conversations.json has it. */
const HOTTEST_WORDS = 0.82;
/** How many keys an app's due records are spread over, and the units that one message takes there. */
const DUE = { keys: 4, units: 4 } as const;
/** What `serverless.yml` lets through by default: frames in a second. */
const STAGE_FRAMES = 1_000;

const MONTH_S = 30 * 86_400;
export const SIZES = [1_000, 1_000_000, 100_000_000] as const;
const MILLION = 1_000_000;

/** Milliseconds that a function is billed for in one conversation. */
export function billedMs(counts: ConversationCounts, name: keyof ConversationCounts["functions"]): number {
	const { cpuMs, inSeries } = counts.functions[name];
	const waited = inSeries * ASSUMED.dynamodbMs;
	// As if each post were waited for by itself; the greeting waits until a connection may be posted to.
	const more = { ws: counts.asked * ASSUMED.botMs + counts.posts * ASSUMED.postMs, worker: 0, greeting: 300 };
	return Math.round(cpuMs / ASSUMED.cores + waited + more[name]);
}

/** What one conversation takes. */
export function perConversation(counts: ConversationCounts): Table {
	const names = ["ws", "worker", "greeting"] as const;
	return {
		title: `A conversation of ${counts.messages} messages`,
		columns: ["", "invocations", "Lambda, ms", "write units", "read units", "API Gateway messages"],
		rows: [
			...names.map((name) => {
				const { invocations, write, read } = counts.functions[name];
				return [`\`${name}\``, invocations, billedMs(counts, name), write, read, ""];
			}),
			["frames of the visitor", "", "", "", "", counts.frames],
			["frames to the visitor", "", "", "", "", counts.posts],
			[
				"**together**",
				names.reduce((sum, name) => sum + counts.functions[name].invocations, 0),
				names.reduce((sum, name) => sum + billedMs(counts, name), 0),
				counts.units.write,
				counts.units.read,
				counts.frames + counts.posts,
			],
		],
	};
}

/** Dollars a month. */
function cost(counts: ConversationCounts, conversations: number): Record<string, number> {
	const { units, functions, frames, posts, keptBytes } = counts;
	const all = Object.values(functions).reduce((sum, { invocations }) => sum + invocations, 0);
	const ms = billedMs(counts, "ws") + billedMs(counts, "worker") + billedMs(counts, "greeting");
	const messages = conversations * (frames + posts);
	const cheap = Math.max(0, messages - 1_000 * MILLION);
	return {
		"DynamoDB: the log, the CRM": (conversations * (units.write - units.searchWrite) * PRICES.writeUnits) / MILLION,
		"DynamoDB: words for searching": (conversations * units.searchWrite * PRICES.writeUnits) / MILLION,
		"DynamoDB: reads": (conversations * units.read * PRICES.readUnits) / MILLION,
		"DynamoDB: keeping a month's conversations for a month":
			(conversations * keptBytes * (PRICES.keptGb + PRICES.restorableGb)) / 2 ** 30,
		"Lambda: computing and waiting": conversations * (ms / 1_000) * ASSUMED.memoryGb * PRICES.gbSeconds,
		"Lambda: invocations": (conversations * all * PRICES.invocations) / MILLION,
		"API Gateway: messages": ((messages - cheap) * PRICES.messages + cheap * PRICES.furtherMessages) / MILLION,
		"API Gateway: minutes": (conversations * ASSUMED.minutes * PRICES.connectionMinutes) / MILLION,
	};
}

/** What a month costs by its number of conversations. */
export function prices(counts: ConversationCounts): Table {
	const costs = SIZES.map((size) => cost(counts, size));
	const names = Object.keys(costs[0] ?? {});
	const totals = costs.map((each) => Object.values(each).reduce((sum, dollars) => sum + dollars, 0));
	return {
		title: "US dollars a month",
		columns: ["conversations a month", ...SIZES.map(named)],
		rows: [
			...names.map((name) => [name, ...costs.map((each) => dollars(each[name] ?? 0))]),
			["**together**", ...totals.map(dollars)],
			["a thousand conversations", ...totals.map((total, i) => dollars((total / (SIZES[i] ?? 1)) * 1_000))],
		],
	};
}

/** How much of each quota the busiest second takes; what is reached first comes first. */
export function quotas(counts: ConversationCounts): Table {
	const { frames, posts, units, messages, asked } = counts;
	const ms = billedMs(counts, "ws") + billedMs(counts, "worker") + billedMs(counts, "greeting");
	const { partitionWrites, newTableWrites, tableWrites, concurrency, apiRequests, connections } = QUOTAS;
	const lines: readonly (readonly [what: string, perConversation: number, limit: number])[] = [
		[`frames that \`serverless.yml\` lets through by default (${count(STAGE_FRAMES)}/s)`, frames, STAGE_FRAMES],
		[`Lambdas at once (${count(concurrency)})`, ms / 1_000, concurrency],
		// Connecting and leaving are requests, too.
		[`requests to API Gateway, posts among them (${count(apiRequests)}/s)`, frames + 2 + posts, apiRequests],
		[`new connections (${count(connections)}/s)`, 1, connections],
		[
			`one app's due records (${DUE.keys} keys of ${count(partitionWrites)} units/s)`,
			asked * DUE.units,
			DUE.keys * partitionWrites,
		],
		[
			`one app's words that begin with "th" (${count(partitionWrites)} units/s)`,
			messages * HOTTEST_WORDS,
			partitionWrites,
		],
		[
			`writes to the table of words while it's new (${count(newTableWrites)} units/s)`,
			units.searchWrite,
			newTableWrites,
		],
		[`writes to the table of words (${count(tableWrites)} units/s)`, units.searchWrite, tableWrites],
	];
	const share = (each: number, limit: number, size: number) => (each * size * ASSUMED.peak) / MONTH_S / limit;
	const sorted = [...lines].sort(([, a, b], [, c, d]) => share(c, d, 1) - share(a, b, 1));
	return {
		title: "How much of a quota the busiest second takes",
		columns: ["", ...SIZES.map(named), "reached at, conversations a month"],
		rows: sorted.map(([what, each, limit]) => [
			what,
			...SIZES.map((size) => percent(share(each, limit, size))),
			named(Number((1 / share(each, limit, 1)).toPrecision(2))),
		]),
	};
}

export function scaleTables(counts: ConversationCounts): Table[] {
	return [perConversation(counts), prices(counts), quotas(counts)];
}

function named(size: number): string {
	return size >= MILLION ? `${count(size / MILLION)} million` : count(size);
}

function count(number: number): string {
	return number.toLocaleString("en-US");
}

function dollars(amount: number): string {
	return amount < 10 ? amount.toFixed(2) : count(Math.round(amount));
}

function percent(share: number): string {
	if (share < 0.001) return "< 0.1 %";
	const text = `${count(Number((share * 100).toPrecision(2)))} %`;
	return share >= 1 ? `**${text}**` : text;
}
