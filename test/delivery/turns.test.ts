import { afterEach, describe, expect, test } from "@jest/globals";
import type { App } from "../../src/apps/Apps.js";
import type { Answer } from "../../src/connectors/Connector.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { type Client, TestOffice } from "../support/office.js";
import { Invited, Steered, say } from "./Steered.js";
import { DEPLOYMENTS, Later, onDeployment } from "./steering.js";

let at: TestOffice;
let errors: string[] = [];
afterEach(() => {
	expect(at.notes.errors.map(({ event }) => event)).toEqual(errors);
	errors = [];
});

const words = (count: number) => Array.from({ length: count }, (_, index) => `part ${index + 1}`);

describe("an answer", () => {
	test("of more messages than it may have is a failure in the log, and the session goes on", async () => {
		errors = ["turn failed"];
		const bot = new Steered();
		const { reply } = bot;
		at = new TestOffice({ answering: [bot] });
		const visitor = await at.visitor();
		bot.reply = () => say(...words(LIMITS.answerMessages + 1));
		await visitor.say("hi");
		expect(visitor.read).toEqual([]);
		expect(visitor.of("failure").map(({ data }) => data)).toEqual([expect.objectContaining({ type: "BOT", tries: 3 })]);
		bot.reply = reply;
		await visitor.say("again");
		expect(visitor.read).toEqual(["echo again"]);
	});

	test.each(["expert", "a person"])("of just as many and a hand-off to %s is put in the log", async (target) => {
		const bot = new Steered();
		at = new TestOffice({ answering: [bot, new Steered("expert")] });
		bot.reply = () => ({ ...say(...words(LIMITS.answerMessages)), handOff: { target } });
		const visitor = await at.visitor();
		await visitor.say("hi", "m1");
		expect(visitor.read).toEqual(words(LIMITS.answerMessages));
		const session = await at.office.session("shop", visitor.sessionId);
		expect(session?.floor.holder).toBe(target === "expert" ? "expert" : "bot");
		expect(session?.handOff).toEqual(target === "expert" ? undefined : { target });
	});

	test("for a voice only is shown as words", async () => {
		const bot = new Steered();
		bot.reply = () => ({ messages: [{ response: { outputSpeech: { ssml: "<speak>Hello</speak>" } } }] });
		at = new TestOffice({ answering: [bot] });
		const visitor = await at.visitor();
		await visitor.say("hi");
		expect(visitor.read).toEqual(["Hello"]);
	});

	test("is asked with the app's newest settings", async () => {
		const bot = new Steered();
		let app: App = { id: "shop", bot: { url: "http://old.example" } };
		at = new TestOffice({ answering: [bot], apps: { get: async () => app, list: async () => [app] } });
		const visitor = await at.visitor();
		app = { id: "shop", bot: { url: "http://new.example" } };
		await visitor.say("hi");
		expect(bot.turns[0]?.app.bot?.url).toBe("http://new.example");
	});
});

test("a chosen item is shown to the agent by its title", async () => {
	const bot = new Steered();
	const items = [
		{ token: "item-1", title: "Red shoes" },
		{ token: "item-2", title: "Blue shoes" },
	];
	bot.reply = () => ({ messages: [{ response: { outputSpeech: { displayText: "Which?" }, displays: [{ items }] } }] });
	at = new TestOffice({ answering: [bot] });
	const visitor = await at.visitor();
	const agent = await at.agent(visitor.sessionId);
	await visitor.say("shoes");
	await visitor.send({ event: "new message", data: { type: "OPTION_SELECT_REQUEST", token: "item-2" } });
	await at.office.idle();
	expect(agent.read).toEqual(["shoes", "Which?", "Blue shoes", "Which?"]);
	expect(bot.turns[1]?.request).toMatchObject({ type: "OPTION_SELECT_REQUEST", token: "item-2" });
});

test("a message id that comes again with another form's content is a conflict", async () => {
	at = new TestOffice({ answering: [new Steered()] });
	const visitor = await at.visitor();
	for (const a of [1, 1, 2]) {
		await visitor.send({ event: "new message", messageId: "m1", data: { type: "FORM", attributes: { a } } });
	}
	await at.office.idle();
	expect(visitor.of("ack")).toHaveLength(2);
	expect(visitor.of("failure").map(({ data }) => data?.code)).toEqual(["message_conflict"]);
});

describe("that the bot is typing", () => {
	const typingOf = (client: Client) => client.frames.map(({ event }) => event).filter((event) => /typing/.test(event));

	test("is over when its connector throws", async () => {
		errors = ["turn failed"];
		const bot = new Steered();
		bot.reply = async (turn) => {
			await turn.typing(true);
			throw new Error("boom");
		};
		at = new TestOffice({ answering: [bot] });
		const visitor = await at.visitor();
		await visitor.say("hi");
		expect(typingOf(visitor)).toEqual(["typing", "stop typing"]);
	});

	test.each(DEPLOYMENTS)("is told a client that comes back, as it is then, on %s", async (name) => {
		const bot = new Steered();
		const answer = new Later<Answer>();
		bot.reply = async (turn) => {
			await turn.typing(true);
			return answer.promise;
		};
		at = new TestOffice({ answering: [bot], ...onDeployment(name) });
		const visitor = await at.visitor();
		const comeBack = async () => {
			at.transport.drop(visitor.connection);
			await at.office.disconnect(visitor.connection);
			await visitor.arrive();
			if (name === "own server") await at.office.welcome(visitor.connection);
			await visitor.send({ event: "user joined" });
			await new Promise((resolve) => setTimeout(resolve, 10));
		};
		await visitor.utter("hi");
		await comeBack();
		expect(typingOf(visitor)).toEqual(["typing"]);
		at.transport.drop(visitor.connection);
		answer.keep(say("hello"));
		await at.office.idle();
		await comeBack();
		await at.office.idle();
		expect(typingOf(visitor)).toEqual(["stop typing"]);
		expect(visitor.readInAll).toEqual(["hello"]);
	});
});

test("an invitation that hangs is given up in its time: the one who has the floor keeps it", async () => {
	const bot = new Steered();
	const expert = new Invited("expert");
	expert.answerWithinMs = 20;
	expert.decide = () => new Promise(() => {});
	at = new TestOffice({ answering: [bot, expert] });
	bot.reply = () => ({ ...say("handing over"), handOff: { target: "expert" } });
	const visitor = await at.visitor();
	await visitor.say("hi");
	bot.reply = () => say("still me");
	await visitor.say("hello?");
	expect(visitor.read).toEqual(["handing over", "still me"]);
	expect((await at.office.session("shop", visitor.sessionId))?.floor.holder).toBe("bot");
});

test("bots that hang hold up no sweep, and no more than 32 are asked at a time", async () => {
	const bot = new Steered();
	bot.reply = () => new Promise(() => {});
	at = new TestOffice({ answering: [bot], soleOwner: false });
	const waiting: Client[] = [];
	for (let i = 0; i < 40; i++) waiting.push(await at.visitor());
	const left = await at.visitor();
	const agent = await at.bargedIn(left.sessionId);
	await agent.drop();
	for (const visitor of waiting) await visitor.utter("hi");
	at.restart();
	at.clock.advance(61_000);
	bot.turns.length = 0;
	const answer = new Later();
	bot.reply = async () => {
		await answer.promise;
		return say("at last");
	};
	expect(await at.office.sweep()).toBe(41);
	expect((await at.office.session("shop", left.sessionId))?.floor.holder).toBe("bot");
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(bot.turns).toHaveLength(32);
	answer.keep();
	await at.office.idle();
	expect(bot.turns).toHaveLength(40);
	for (const visitor of waiting) await visitor.connect();
	expect(waiting.map(({ read }) => read)).toEqual(waiting.map(() => ["at last"]));
});
