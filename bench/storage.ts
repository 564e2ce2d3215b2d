import { writeFileSync } from "node:fs";
import { CountedChat, type Turn, unitsOf } from "../test/support/lambdas/CountedChat.js";
import { type Played, playTrace } from "../test/support/lambdas/playTrace.js";
import { seedHistory } from "../test/support/lambdas/seedHistory.js";
import { startDynamodbLocal } from "../test/support/startDynamodbLocal.js";
import type { Benchmark } from "./Benchmark.js";
import { textOf } from "./load/Job.js";
import type { Table } from "./measure/table.js";
import { type ConversationCounts, countConversation } from "./storage/countConversation.js";

const TURNS = 5;
/** What docs/scale.md reckons with. */
const COUNTS = "bench/scale/counts.json";
const ACCOUNTS = ["router", "crm", "search"] as const;

function mean<T>(all: readonly T[], value: (one: T) => number): number {
	return Math.round((all.reduce((sum, one) => sum + value(one), 0) / all.length) * 100) / 100;
}

function summary(measured: ReadonlyMap<string, readonly Turn[]>): Table {
	const phases = [
		["visitor's message", ({ message }: Turn) => message, ({ messageInSeries }: Turn) => messageInSeries],
		["bot's answer", ({ answer }: Turn) => answer, ({ answerInSeries }: Turn) => answerInSeries],
	] as const;
	const rows = [...measured].flatMap(([name, turns]) => [
		...phases.map(([title, calls, inSeries]) => [
			name,
			title,
			mean(turns, inSeries),
			mean(turns, (turn) => unitsOf(calls(turn), "router").write),
			mean(turns, (turn) => unitsOf(calls(turn), "router").read),
			"",
			"",
			"",
			mean(turns, (turn) => calls(turn).reduce((sum, { isWrite, counted }) => sum + (isWrite ? counted : 0), 0)),
		]),
		[
			name,
			"both followed",
			"",
			"",
			"",
			mean(turns, ({ following }) => unitsOf(following, "crm", true).write),
			mean(turns, ({ following }) => unitsOf(following, "crm", true).read),
			mean(turns, ({ following }) => unitsOf(following, "search", true).write),
			mean(turns, ({ following }) => following.reduce((sum, { isWrite, counted }) => sum + (isWrite ? counted : 0), 0)),
		],
	]);
	return {
		title: "Each message",
		columns: [
			"history",
			"",
			"in series before the fan-out",
			"router: write units",
			"read units",
			"CRM: write units",
			"read units",
			"search: write units",
			"counted by DynamoDB Local: write",
		],
		rows,
	};
}

function itemised(turns: readonly Turn[]): Table {
	const last = turns.at(-1);
	const phases = [
		["visitor's message", last?.message ?? []],
		["bot's answer", last?.answer ?? []],
		["both followed", last?.following ?? []],
	] as const;
	const rows = phases.flatMap(([title, calls]) =>
		calls.flatMap(({ operation, parts }, call) =>
			parts.map((part) => [
				title,
				call + 1,
				operation,
				`${part.does} ${part.collection}`,
				part.bytes,
				part.units + part.indexUnits,
			]),
		),
	);
	return { title: "Each request of one turn", columns: ["", "request", "", "record", "bytes", "units"], rows };
}

function traced(played: readonly Played[]): Table {
	const row = (about: string, those: readonly Played[]) => {
		const messages = those.reduce((sum, each) => sum + each.messages, 0);
		const units = (account: (typeof ACCOUNTS)[number], kind: "write" | "read") =>
			Math.round((those.reduce((sum, each) => sum + each.units[account][kind], 0) / messages) * 100) / 100;
		return [about, messages, ...ACCOUNTS.flatMap((each) => [units(each, "write"), units(each, "read")])];
	};
	return {
		title: "Units of a message, over whole conversations",
		columns: ["", "messages", ...ACCOUNTS.flatMap((each) => [`${each}: write`, `${each}: read`])],
		rows: [...played.map((each) => row(each.about, [each])), row("all", played)],
	};
}

function whole({ functions, posts, frames, units }: ConversationCounts): Table {
	return {
		title: "A conversation of 20 messages",
		columns: ["", "invocations", "computing, ms", "requests to DynamoDB in series", "write units", "read units"],
		rows: [
			...Object.entries(functions).map(([name, each]) => [
				name,
				each.invocations,
				each.cpuMs,
				each.inSeries,
				each.write,
				each.read,
			]),
			["API Gateway", `${frames} frames in, ${posts} out`, "", "", units.write, units.read],
		],
	};
}

export const storage: Benchmark = {
	summary: "requests, DynamoDB units and computing time of a message, by the length of the history (needs Java)",
	async run({ histories = [10, 1_000] }) {
		const local = await startDynamodbLocal();
		if ("missing" in local) throw new Error(local.missing);
		const chat = await CountedChat.open(local.endpoint);
		try {
			const measured = new Map<string, Turn[]>();
			const measure = async (name: string, length: number, isKnown = true) => {
				process.stderr.write(`  history of ${name}\n`);
				const first = await chat.start("ws");
				const { sessionId, visitor } = await chat.session(first);
				// What only the first message of a conversation costs is in the trace.
				await chat.turn(first, sessionId, visitor, textOf("first"));
				await seedHistory(chat.lambdas, sessionId, length);
				await chat.lambdas.skip();
				const turns: Turn[] = [];
				for (let i = 0; i < TURNS; i++) {
					const text = textOf(`question-${i}`);
					turns.push(await chat.turn(isKnown ? first : await chat.start("ws"), sessionId, visitor, text));
				}
				measured.set(name, turns);
			};
			for (const length of histories) await measure(String(length), length);
			const [shortest = 10] = histories;
			await measure(`${shortest}, a new process each time`, shortest, false);
			process.stderr.write("  recorded conversations\n");
			const played = await playTrace(chat, await chat.start("ws"));
			process.stderr.write("  a conversation of 20 messages\n");
			const counts = await countConversation(chat);
			writeFileSync(COUNTS, `${JSON.stringify(counts, null, 2)}\n`);
			return {
				tables: [
					summary(measured),
					itemised(measured.get(String(histories.at(-1))) ?? []),
					traced(played),
					whole(counts),
				],
				notes: [
					`Visitor → bot → visitor, one agent watching, 150 B of text, messages with an id; means of ${TURNS} turns, through the deployed functions' bundles in processes of their own.`,
					"Units by arithmetic from the items' sizes before and after, as AWS bills them (a write in a transaction counts twice, an index once for each of its items).",
					"DynamoDB Local overcounts: it says four units for each KB in a transaction.",
					`What docs/scale.md reckons with was written to ${COUNTS}.`,
				],
				data: { turns: Object.fromEntries(measured), played, conversation: counts },
			};
		} finally {
			await chat.close();
			await local.stop();
		}
	},
};
