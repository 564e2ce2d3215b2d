import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { App } from "../../src/apps/Apps.js";
import { StentorConnector } from "../../src/connectors/stentor/StentorConnector.js";
import { responseText, type StentorRequest, textRequest } from "../../src/protocol/stentor.js";
import { testTurn } from "../../src/testing/testTurn.js";
import { type StentorBot, startStentorBot } from "../support/stentorBot.js";

let bot: StentorBot;
let app: App;
const connector = new StentorConnector({ pauseMs: 1 });

beforeAll(async () => {
	bot = await startStentorBot();
	app = { id: "shop", bot: { url: bot.url } };
});
afterAll(async () => {
	connector.close();
	await bot.close();
});

async function ask(request: StentorRequest) {
	const { messages, handOff } = await connector.answer(testTurn({ app, request }));
	return { said: messages.map(({ response }) => responseText(response)), response: messages[0]?.response, handOff };
}

const launch = {
	type: "LAUNCH_REQUEST",
	intentId: "LaunchRequest",
	isNewSession: true,
	platform: "stentor-platform",
	channel: "widget",
	attributes: { isGreeting: true },
};

test("greets with suggestions", async () => {
	const { said, response } = await ask(launch);
	expect(said).toEqual(["Welcome to the real Stentor bot."]);
	expect(response?.outputSpeech).toMatchObject({ suggestions: ["Opening hours", "A person, please"] });
});

test("answers an intent that its NLU finds, and what it finds none for", async () => {
	expect((await ask(textRequest("When are you open?"))).said).toEqual(["We open at eight."]);
	expect((await ask(textRequest("Grüße, 你好 👋"))).said).toEqual(["I don't know that."]);
	expect(
		(await ask({ ...textRequest(""), type: "OPTION_SELECT_REQUEST", intentId: "OptionSelect", token: "x" })).said,
	).toEqual(["A good choice."]);
});

test("hands off by its response builder, and by a response that transfers", async () => {
	const person = await ask(textRequest("A person, please"));
	expect(person).toMatchObject({ said: ["I'll get somebody."], handOff: { target: "genesys" } });
	const call = await ask(textRequest("call me"));
	expect(call).toMatchObject({ said: ["I'll put you through."], handOff: { target: "+15550100" } });
	expect((await ask(textRequest("open?"))).handOff).toBeUndefined();
});

test("gets the ids that it may know, and what was said while it was silent", async () => {
	const transcript = [{ from: "agent", text: "It's in stock.", at: "2026-11-22T10:00:00.000Z" }] as const;
	const turn = testTurn({ app, request: textRequest("hours"), transcript });
	await connector.answer(turn);
	const { userId, sessionId, requestId } = turn;
	expect(bot.requests.at(-1)).toMatchObject({
		userId,
		sessionId,
		requestId,
		rawQuery: "hours",
		attributes: { transcript },
	});
});

test("its own trouble is an answer; what it can't even take, it says in HTML, and that's a failure", async () => {
	const { said } = await ask(textRequest("break"));
	expect(said).toEqual([expect.stringMatching(/trouble/i)]);

	const turn = testTurn({ app, request: textRequest("unplug it") });
	const before = bot.requests.length;
	await expect(connector.answer(turn)).rejects.toMatchObject({
		code: "connector_failed",
		message: "The bot's answer could not be understood.",
		cause: { message: expect.stringContaining("text/html") },
	});
	expect(bot.requests.length).toBe(before + 3);
});

test("has nothing to say when a session has ended", async () => {
	expect(await ask({ type: "SESSION_ENDED_REQUEST" })).toEqual({ said: [], response: undefined, handOff: undefined });
});
