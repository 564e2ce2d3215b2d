import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { json } from "../httpBot.js";
import { type Account, type CountedChat, type Units, unitsOf } from "./CountedChat.js";
import type { LambdaProcess } from "./LambdaProcess.js";

/** Seconds since its beginning, who, and what they say; of an agent also what they do. */
type Step = readonly [at: number, who: "visitor" | "bot" | "agent", what: string];

interface Conversation {
	readonly about: string;
	readonly steps: readonly Step[];
}

export interface Played {
	readonly about: string;
	readonly messages: number;
	readonly units: Readonly<Record<Account, Units>>;
}

const DEEDS: Readonly<Record<string, string>> = { takeOver: "takeOver", close: "closeConversation" };

/**
 * Plays the conversations of test/fixtures/conversations.json, with clocks that go as theirs did: visitors at the published
 * widget, the bot, an agent at the chat API who takes over and closes. Everything counts, from the first connection to
 * the last; each message is given to the worker by itself.
 */
export async function playTrace(chat: CountedChat, ws: LambdaProcess): Promise<Played[]> {
	const conversations = JSON.parse(readFileSync("test/fixtures/conversations.json", "utf8")) as Conversation[];
	const played: Played[] = [];
	for (const conversation of conversations) played.push(await play(chat, ws, conversation));
	return played;
}

async function play(chat: CountedChat, ws: LambdaProcess, { about, steps }: Conversation): Promise<Played> {
	const { lambdas, worker, taps } = chat;
	const answers = steps.flatMap(([, who, what]) => (who === "bot" ? [what] : []));
	lambdas.bot.steps = [(...asked) => json({ outputSpeech: { displayText: answers.shift() ?? "?" } })(...asked)];
	chat.reset();
	const begun = ws.aheadMs;
	const { held, sessionId } = await lambdas.visitor(ws);
	const user = JSON.stringify({ type: "agent" });
	const agent = steps.some(([, who]) => who === "agent")
		? await lambdas.connect(ws, { user, token: chat.agent.token })
		: undefined;
	for (const [at, who, what] of steps) {
		ws.aheadMs = begun + at * 1_000;
		worker.aheadMs = ws.aheadMs;
		if (who === "visitor") {
			const data = { type: "INTENT_REQUEST", rawQuery: what };
			const timeMs = Date.now() + ws.aheadMs;
			await lambdas.send(ws, held, { event: "new message", sessionId, messageId: randomUUID(), timeMs, data });
		} else if (agent && who === "agent") {
			const said = { content: what, messageType: "text", messageId: randomUUID() };
			const data = { conversationId: sessionId, ...(DEEDS[what] === undefined && said) };
			await lambdas.send(ws, agent, { action: DEEDS[what] ?? "sendMessage", data });
		}
		await lambdas.follow(worker, 1);
	}
	await lambdas.disconnect(ws, held);
	if (agent) await lambdas.disconnect(ws, agent);
	await lambdas.follow(worker, 1);
	const units = (account: Account): Units => {
		const [by, after] = [unitsOf(taps.ws.calls, account), unitsOf(taps.worker.calls, account, true)];
		return { write: by.write + after.write, read: by.read + after.read };
	};
	return {
		about,
		messages: steps.filter(([, , what]) => DEEDS[what] === undefined).length,
		units: { router: units("router"), crm: units("crm"), search: units("search") },
	};
}
