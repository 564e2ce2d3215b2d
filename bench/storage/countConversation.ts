import { randomUUID } from "node:crypto";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { awsCollections } from "../../src/aws/collections.js";
import { json } from "../../test/support/httpBot.js";
import { type CountedChat, type CountedFunction, inSeries, unitsOf } from "../../test/support/lambdas/CountedChat.js";
import { itemBytes } from "../../test/support/lambdas/capacity.js";
import type { LambdaProcess } from "../../test/support/lambdas/LambdaProcess.js";
import { textOf } from "../load/Job.js";

/** Questions of the visitor, each of which the bot answers. */
const QUESTIONS = 10;

export interface FunctionCounts {
	readonly invocations: number;
	/** Milliseconds of one core of this machine, in all. */
	readonly cpuMs: number;
	/** Requests to DynamoDB that waited for each other, in all. */
	readonly inSeries: number;
	readonly write: number;
	readonly read: number;
}

export interface ConversationCounts {
	readonly messages: number;
	/** Times that the bot was asked. */
	readonly asked: number;
	readonly functions: Readonly<Record<CountedFunction, FunctionCounts>>;
	/** Of the visitor, besides connecting and leaving. */
	readonly frames: number;
	/** Frames to the visitor. */
	readonly posts: number;
	/** Bytes of the items that stay, without their copies in indexes. */
	readonly keptBytes: number;
	readonly units: { readonly write: number; readonly read: number; readonly searchWrite: number };
}

/**
 * Counts a conversation from connecting to leaving: a visitor asks, with ids, and a bot answers, ten times; nobody
 * watches. The processes are warm, as most are; each message is given to the worker by itself, as in a quiet deployment.
 */
export async function countConversation(chat: CountedChat): Promise<ConversationCounts> {
	const processes = { ws: await chat.start("ws"), worker: chat.worker, greeting: await chat.start("greeting") };
	chat.lambdas.bot.steps = [json({ outputSpeech: { displayText: textOf("answer") } })];
	await converse(chat, processes);
	for (const each of Object.values(processes)) each.runs.length = 0;
	chat.reset();
	const posted = chat.lambdas.api.requests.length;
	const kept = await bytesIn(chat);
	const depths = await converse(chat, processes);
	const of = (name: CountedFunction): FunctionCounts => {
		const { runs } = processes[name];
		const cpuMs = Math.round(runs.reduce((sum, run) => sum + run.cpuMs, 0));
		return { invocations: runs.length, cpuMs, inSeries: depths[name], ...unitsOf(chat.taps[name].calls) };
	};
	const functions = { ws: of("ws"), worker: of("worker"), greeting: of("greeting") };
	const all = Object.values(functions);
	return {
		messages: 2 * QUESTIONS,
		asked: QUESTIONS,
		functions,
		frames: 1 + QUESTIONS,
		posts: chat.lambdas.api.requests.length - posted,
		keptBytes: (await bytesIn(chat)) - kept,
		units: {
			write: all.reduce((sum, { write }) => sum + write, 0),
			read: all.reduce((sum, { read }) => sum + read, 0),
			searchWrite: unitsOf(chat.taps.worker.calls, "search", true).write,
		},
	};
}

async function bytesIn({ lambdas: { client, prefix } }: CountedChat): Promise<number> {
	let bytes = 0;
	for (const { name } of awsCollections) {
		for await (const { Items = [] } of paginateScan({ client }, { TableName: prefix + name })) {
			for (const item of Items) bytes += itemBytes(item);
		}
	}
	return bytes;
}

/** Answers how many requests to DynamoDB waited for each other, by function. */
async function converse(
	{ lambdas, taps }: CountedChat,
	{ ws, worker, greeting }: Readonly<Record<CountedFunction, LambdaProcess>>,
): Promise<Record<CountedFunction, number>> {
	const depths = { ws: 0, worker: 0, greeting: 0 };
	/** One function's work at a time. */
	const during = async <T>(name: CountedFunction, work: () => Promise<T>): Promise<T> => {
		const from = taps[name].calls.length;
		const result = await work();
		depths[name] += inSeries(taps[name].calls.slice(from));
		return result;
	};
	const sessionId = `stentor-widget-session-${randomUUID()}`;
	await lambdas.skip();
	const held = await during("ws", () => lambdas.connect(ws));
	const send = (frame: object) => during("ws", () => lambdas.send(ws, held, { sessionId, ...frame }));
	const follow = () => during("worker", () => lambdas.follow(worker, 1));
	await during("greeting", () => lambdas.greet(greeting));
	await send({ event: "user joined" });
	for (let i = 0; i < QUESTIONS; i++) {
		const data = { type: "INTENT_REQUEST", rawQuery: textOf(`question-${i}`) };
		await send({ event: "new message", messageId: randomUUID(), data });
		await follow();
	}
	await during("ws", () => lambdas.disconnect(ws, held));
	await follow();
	return depths;
}
