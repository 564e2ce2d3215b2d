import type { Benchmark } from "./Benchmark.js";
import type { Table } from "./measure/table.js";
import type { Call } from "./storage/CallLog.js";
import { LambdaChat } from "./storage/LambdaChat.js";

const TURNS = 5;

/** What a visitor's message and the bot's answer to it caused. */
interface Turn {
	/** Up to the fan-out; between it and the bot's being asked; after the bot answered. */
	readonly message: readonly Call[];
	readonly asking: readonly Call[];
	readonly answer: readonly Call[];
	/** Round trips one after the other before the fan-out. */
	readonly messageInSeries: number;
	readonly answerInSeries: number;
}

type Phase = "message" | "asking" | "answer";

const PHASES: readonly (readonly [Phase, string])[] = [
	["message", "visitor's message"],
	["asking", "asking the bot"],
	["answer", "bot's answer"],
];

async function turn(
	chat: LambdaChat,
	lambda: ReturnType<LambdaChat["lambda"]>,
	session: Awaited<ReturnType<LambdaChat["session"]>>,
): Promise<Turn> {
	chat.log.calls = [];
	chat.posts = [];
	await chat.say(lambda, session);
	const { calls } = chat.log;
	const askedAt = chat.bot.received.at(-1)?.timeMs ?? Number.NaN;
	const committed = calls.find(({ command }) => command === "TransactWriteItems")?.ended ?? Number.NaN;
	const message = calls.filter(({ begun }) => begun < committed);
	const answer = calls.filter(({ begun }) => begun > askedAt);
	const asking = calls.filter((call) => !message.includes(call) && !answer.includes(call));
	const answered = answer.findLast(({ command }) => command === "TransactWriteItems")?.ended ?? Number.NaN;
	const firstPostAfter = (time: number) => chat.posts.find((at) => at >= time) ?? Number.NaN;
	return {
		message,
		asking,
		answer,
		messageInSeries: inSeries(message.filter(({ ended }) => ended <= firstPostAfter(committed))),
		answerInSeries: inSeries(answer.filter(({ ended }) => ended <= firstPostAfter(answered))),
	};
}

/** The longest chain of calls each of which began after the one before it had ended. */
function inSeries(calls: readonly Call[]): number {
	const depths: number[] = [];
	for (const call of calls) {
		const before = calls.flatMap((other, i) => (other.ended <= call.begun ? [depths[i] ?? 0] : []));
		depths.push(1 + Math.max(0, ...before));
	}
	return Math.max(0, ...depths);
}

function units(calls: readonly Call[], isWrite: boolean): number {
	return calls
		.filter((call) => call.isWrite === isWrite)
		.flatMap(({ parts }) => parts)
		.reduce((sum, part) => sum + part.units, 0);
}

function counted(calls: readonly Call[], isWrite: boolean): number {
	return calls.filter((call) => call.isWrite === isWrite).reduce((sum, call) => sum + call.counted, 0);
}

function mean(turns: readonly Turn[], value: (turn: Turn) => number): number {
	return turns.reduce((sum, one) => sum + value(one), 0) / turns.length;
}

function summary(measured: ReadonlyMap<string, readonly Turn[]>): Table {
	const rows = [...measured].flatMap(([name, turns]) =>
		PHASES.map(([phase, title]) => [
			name,
			title,
			mean(turns, (one) => one[phase].length),
			phase === "asking" ? "" : mean(turns, (one) => (phase === "message" ? one.messageInSeries : one.answerInSeries)),
			mean(turns, (one) => units(one[phase], true)),
			mean(turns, (one) => units(one[phase], false)),
			mean(turns, (one) => counted(one[phase], true)),
			mean(turns, (one) => counted(one[phase], false)),
		]),
	);
	const columns = [
		"history",
		"",
		"calls",
		"in series before the fan-out",
		"write units",
		"read units",
		"counted: write",
		"counted: read",
	];
	return { title: "Each message", columns, rows };
}

function itemised(turns: readonly Turn[]): Table {
	const [first] = turns;
	const rows = PHASES.flatMap(([phase, title]) =>
		(first?.[phase] ?? []).flatMap(({ command, parts }, call) =>
			parts.map(({ collection, does, bytes, units }) => [
				title,
				call + 1,
				command,
				`${does} ${collection}`,
				bytes,
				units,
			]),
		),
	);
	return { title: "Each call of one turn", columns: ["", "call", "command", "record", "bytes", "units"], rows };
}

export const storage: Benchmark = {
	summary: "storage calls and DynamoDB capacity of a message, by the length of the history (needs Java)",
	async run({ histories = [10, 1_000] }) {
		const chat = await LambdaChat.start();
		try {
			const measured = new Map<string, Turn[]>();
			const measure = async (name: string, length: number, lambdaFor: () => ReturnType<LambdaChat["lambda"]>) => {
				process.stderr.write(`  history of ${name}\n`);
				const session = await chat.session(chat.lambda());
				await chat.seed(session.id, length);
				// The first one after the floor came to the bot is given what was said before: once, not each time.
				await chat.say(lambdaFor(), session);
				const turns: Turn[] = [];
				for (let i = 0; i < TURNS; i++) turns.push(await turn(chat, lambdaFor(), session));
				measured.set(name, turns);
			};
			for (const length of histories) {
				const warm = chat.lambda();
				await measure(String(length), length, () => warm);
			}
			const [shortest = 10] = histories;
			await measure(`${shortest}, a new Lambda each time`, shortest, () => chat.lambda());
			return {
				tables: [summary(measured), itemised(measured.get(String(histories.at(-1))) ?? [])],
				notes: [
					`Visitor → bot → visitor, one agent watching, 150 B of text, messages with an id; means of ${TURNS} turns, through the handlers.`,
					"Units by arithmetic from the items' sizes, as AWS bills them (a write in a transaction counts twice).",
					"Counted: what DynamoDB Local says that it consumed. It overcounts: a write in a transaction costs two units for each KB at AWS, and it says four.",
				],
				data: Object.fromEntries(measured),
			};
		} finally {
			await chat.stop();
		}
	},
};
