import { afterEach, describe, expect, test } from "@jest/globals";
import type { Answer } from "../../src/connectors/Connector.js";
import { TestOffice } from "../support/office.js";
import { Steered, say } from "./Steered.js";

function setUp() {
	const bot = new Steered();
	const at = new TestOffice({ answering: [bot] });
	return { bot, at };
}

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

describe("a visitor and a bot", () => {
	test("joining is confirmed, and the bot is introduced before", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		expect(visitor.frames.map(({ event }) => event)).toEqual(["user joined", "connection update"]);
		expect(visitor.frames[0]?.sender).toMatchObject({ deviceId: "Bot", displayName: "Robo" });
		expect(visitor.frames[1]?.data).toEqual({ sessionCreated: true });
	});

	test("a message is answered", async () => {
		let bot: Steered;
		({ at, bot } = setUp());
		const visitor = await at.visitor();
		await visitor.say("hi");
		expect(visitor.read).toEqual(["echo hi"]);
		expect(bot.turns[0]?.requestId).toHaveLength(22);
		expect(bot.turns[0]?.userId).not.toContain(visitor.query.userId);
		expect(JSON.stringify(bot.turns[0])).not.toContain(visitor.query.userId);
	});

	test("messages sent at once are answered in their order, one turn at a time", async () => {
		let bot: Steered;
		({ at, bot } = setUp());
		let running = 0;
		bot.reply = async (turn) => {
			expect(++running).toBe(1);
			await new Promise((resolve) => setTimeout(resolve, 5));
			running--;
			return say(`echo ${turn.request.rawQuery}`);
		};
		const visitor = await at.visitor();
		await Promise.all(["1", "2", "3", "4", "5"].map((text) => visitor.say(text)));
		expect(visitor.read).toEqual(["echo 1", "echo 2", "echo 3", "echo 4", "echo 5"]);
	});

	test("a greeting is the bot's alone", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId);
		await visitor.send({ event: "new message", data: { type: "LAUNCH_REQUEST", isNewSession: true } });
		await at.office.idle();
		expect(visitor.read).toEqual(["echo hello"]);
		expect(agent.read).toEqual(["echo hello"]);
	});

	test("an acknowledgement follows, and is the same when the message is sent again", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		await visitor.say("hi", "m-1");
		await visitor.say("hi", "m-1");
		const acks = visitor.of("ack");
		expect(acks).toHaveLength(2);
		expect(acks[1]?.data).toEqual(acks[0]?.data);
		expect(visitor.read).toEqual(["echo hi"]);
		await visitor.say("something else", "m-1");
		expect(visitor.of("failure")[0]?.data).toMatchObject({
			type: "ROUTER",
			code: "message_conflict",
			messageId: "m-1",
			tries: 3,
		});
	});
});

describe("an agent", () => {
	test("sees what was said before, barges in, and gives back", async () => {
		let bot: Steered;
		({ at, bot } = setUp());
		const visitor = await at.visitor();
		await visitor.say("hi");
		const agent = await at.agent(visitor.sessionId);
		expect(agent.read).toEqual(["hi", "echo hi"]);
		expect(visitor.of("user joined")).toHaveLength(1);

		await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
		await at.office.idle();
		expect(visitor.of("user joined")[1]?.sender).toMatchObject({
			deviceId: "Widget",
			displayName: "Grace",
			isAdmin: true,
		});
		await visitor.say("a person, please");
		await agent.say("here I am");
		expect(visitor.read).toEqual(["echo hi", "here I am"]);
		expect(agent.read).toEqual(["hi", "echo hi", "a person, please"]);

		await agent.send({ event: "barge out" });
		await at.office.idle();
		expect(visitor.of("user left")[0]?.sender).toMatchObject({ displayName: "Grace" });
		expect(bot.turns).toHaveLength(1);
		await visitor.say("and you again");
		expect(visitor.read.at(-1)).toBe("echo and you again");
		expect(bot.turns[1]?.transcript?.map(({ from, text }) => `${from}: ${text}`)).toEqual([
			"visitor: hi",
			"bot: echo hi",
			"visitor: a person, please",
			"agent: here I am",
		]);
		await visitor.say("more");
		expect(bot.turns[2]?.transcript).toBeUndefined();
	});

	test("who numbers what they have is told that they joined by what they said", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		await visitor.say("hi", "v-1");
		const agent = await at.agent(visitor.sessionId);
		await agent.send({ event: "resume", data: { since: 0 } });
		await agent.say("here I am", "a-1");
		let last = 0;
		for (const { event, seq, prev, data } of agent.frames.slice(agent.frames.findIndex((f) => f.event === "resumed"))) {
			if (event === "resumed") last = Number(data?.seq);
			else if (event === "ack" || seq !== undefined) {
				expect(prev ?? data?.prev).toBe(last);
				last = Number(seq ?? data?.seq);
			}
		}
		expect(agent.of("ack")[0]?.data?.seq).toBe(last);
	});

	test("an answer begun before the agent came is dropped", async () => {
		let bot: Steered;
		({ at, bot } = setUp());
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId);
		let answer: (answer: Answer) => void = () => {};
		bot.reply = () => new Promise((resolve) => (answer = resolve));
		await visitor.send({ event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "slow?" } });
		await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
		answer(say("too late"));
		await at.office.idle();
		expect(visitor.read).toEqual([]);
		expect(agent.read).toEqual(["slow?"]);
	});
});

describe("what was missed", () => {
	test("comes on reconnect by the user id alone, once and in order", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("one");
		await visitor.drop();
		for (let i = 0; i < 500; i++) await agent.say(`missed ${i}`);
		at.clock.advance(3 * 24 * 3600_000);
		await visitor.connect();
		expect(visitor.read).toEqual(Array.from({ length: 500 }, (_, i) => `missed ${i}`));
		await agent.say("two");
		await visitor.join();
		expect(visitor.read).toHaveLength(501);
		const times = visitor.of("new message").map(({ timeMs }) => timeMs ?? 0);
		expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
	});

	test("survives the process", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		await visitor.say("hi");
		await at.office.idle();
		at.restart();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("while you were away");
		await visitor.connect();
		expect(visitor.read).toEqual(["while you were away"]);
	});

	test("a guessable user id gets nothing before it names the session", async () => {
		({ at } = setUp());
		const visitor = await at.visitor({ userId: "stentor-widget-user-ada@example.com" });
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("secret");
		await visitor.connect();
		expect(visitor.frames).toEqual([]);
		await visitor.join();
		expect(visitor.read).toEqual(["secret"]);
	});

	test("what a lost line swallowed comes again", async () => {
		({ at } = setUp());
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await agent.say("heard");
		at.transport.isConfirming = false;
		await agent.say("swallowed");
		at.transport.isConfirming = true;
		await visitor.drop();
		await visitor.connect();
		expect(visitor.read).toEqual(["swallowed"]);
	});
});

describe("turns", () => {
	test("are run again after the process died", async () => {
		let bot: Steered;
		({ at, bot } = setUp());
		const visitor = await at.visitor();
		bot.reply = () => new Promise(() => {});
		await visitor.send({ event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "are you there?" } });
		bot.reply = () => say("I am");
		at.restart();
		expect(await at.office.recover()).toBe(1);
		await at.office.idle();
		await visitor.connect();
		expect(visitor.read).toEqual(["I am"]);
		expect(bot.turns[1]?.requestId).toBe(bot.turns[0]?.requestId);
		expect(await at.office.recover()).toBe(0);
	});

	test("a connector that hands off to another has the floor moved when that one accepts", async () => {
		const expert = new Steered("expert");
		const bot = new Steered();
		at = new TestOffice({ answering: [bot, expert] });
		bot.reply = () => ({ ...say("one moment"), handOff: { target: "expert" } });
		expert.reply = () => say("I know");
		const visitor = await at.visitor();
		await visitor.say("hard question");
		await visitor.say("well?");
		expect(visitor.read).toEqual(["one moment", "I know"]);
		expect((await at.office.session("shop", visitor.sessionId))?.floor.holder).toBe("expert");
	});
});
