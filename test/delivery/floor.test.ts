import { afterEach, describe, expect, test } from "@jest/globals";
import type { Answer } from "../../src/connectors/Connector.js";
import { type Client, TestOffice } from "../support/office.js";
import { Invited, Steered, say } from "./Steered.js";
import { Later, until } from "./steering.js";

const MINUTE_MS = 60_000;

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

async function holderIn(client: Client): Promise<string | undefined> {
	return (await at.office.session("shop", client.sessionId))?.floor.holder;
}

async function leftIn(client: Client): Promise<number> {
	let count = 0;
	for await (const page of at.office.history("shop", client.sessionId)) {
		count += page.filter(({ content }) => content.type === "left").length;
	}
	return count;
}

async function sweep(): Promise<void> {
	await at.office.sweep();
	await at.office.idle();
}

/** A bot that has handed off to one that makes up its mind. */
async function handedOff(
	decide: () => Promise<boolean>,
): Promise<{ visitor: Client; bot: Steered; asked: () => number }> {
	const bot = new Steered();
	const expert = new Invited("expert");
	let invitations = 0;
	expert.decide = () => {
		invitations++;
		return decide();
	};
	at = new TestOffice({ answering: [bot, expert] });
	bot.reply = () => ({ ...say("handing over"), handOff: { target: "expert" } });
	const visitor = await at.visitor();
	await visitor.utter("hi");
	await until(() => invitations > 0);
	return { visitor, bot, asked: () => invitations };
}

describe("while an answerer makes up its mind", () => {
	test("what is asked is the new one's, if it accepts: the other's answer is dropped", async () => {
		const accepts = new Later<boolean>();
		const { visitor, bot } = await handedOff(() => accepts.promise);
		const late = new Later<Answer>();
		bot.reply = () => late.promise;
		await visitor.utter("my number is 5");
		await until(() => bot.turns.length === 2);
		accepts.keep(true);
		await until(() => visitor.read.length === 2);
		late.keep(say("too late"));
		await at.office.idle();
		at.clock.advance(10 * MINUTE_MS);
		await sweep();
		expect(visitor.read).toEqual(["handing over", "echo my number is 5"]);
		expect(await holderIn(visitor)).toBe("expert");
	});

	test("what is asked is answered by the one that has the floor, if it declines", async () => {
		const accepts = new Later<boolean>();
		const { visitor, bot } = await handedOff(() => accepts.promise);
		bot.reply = () => say("still me");
		await visitor.utter("hello?");
		accepts.keep(false);
		await at.office.idle();
		expect(visitor.read).toEqual(["handing over", "still me"]);
		expect(await holderIn(visitor)).toBe("bot");
	});

	test("it's invited once, however often the other one answers meanwhile", async () => {
		const accepts = new Later<boolean>();
		const { visitor, bot, asked } = await handedOff(() => accepts.promise);
		bot.reply = () => say("still me");
		for (const count of [2, 3]) {
			await visitor.utter("hello?");
			await until(() => visitor.read.length === count);
		}
		accepts.keep(true);
		await at.office.idle();
		expect(await holderIn(visitor)).toBe("expert");
		expect(asked()).toBe(1);
	});

	test.each([true, false])(
		"what it says (%s) to an invitation that a person ended isn't its word on the next one",
		async (said) => {
			const decisions: Later<boolean>[] = [];
			const { visitor, bot, asked } = await handedOff(() => {
				const decision = new Later<boolean>();
				decisions.push(decision);
				return decision.promise;
			});
			const agent = at.agentClient(visitor.sessionId);
			await agent.arrive();
			await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
			await agent.send({ event: "barge out" });
			await visitor.utter("still there?");
			await until(() => asked() === 2);
			const before = (await at.office.session("shop", visitor.sessionId))?.floor;
			bot.reply = () => say("still me");
			decisions[0]?.keep(said);
			await visitor.utter("hello?");
			await until(() => visitor.read.length === 3);
			expect((await at.office.session("shop", visitor.sessionId))?.floor).toEqual(before);
			// It was never answered: a process that comes after this one asks again.
			at.restart();
			at.clock.advance(MINUTE_MS);
			await at.office.recover();
			await at.office.sweep();
			await until(() => asked() > 2);
			for (const decision of decisions) decision.keep(true);
			await at.office.idle();
			expect(await holderIn(visitor)).toBe("expert");
		},
	);

	test("an answer leaves the invitation: it's made again when the process dies", async () => {
		let isDead = false;
		const { visitor, bot, asked } = await handedOff(() => (isDead ? Promise.resolve(true) : new Promise(() => {})));
		bot.reply = () => say("still me");
		await visitor.utter("hello?");
		await until(() => visitor.read.length === 2);
		const before = asked();
		isDead = true;
		at.restart();
		at.clock.advance(MINUTE_MS);
		await at.office.recover();
		await sweep();
		expect(asked()).toBe(before + 1);
		expect(await holderIn(visitor)).toBe("expert");
	});
});

test("an answerer that's removed from the configuration leaves what waited for it to the default one", async () => {
	const bot = new Steered();
	bot.reply = () => new Promise(() => {});
	at = new TestOffice({ answering: [bot] });
	const visitor = await at.visitor();
	await visitor.utter("first");
	at.restart({ connectors: at.ports.connectors.map((each) => (each === bot ? new Steered("other") : each)) });
	await visitor.connect();
	await visitor.say("second");
	await at.office.recover();
	await at.office.idle();
	expect(visitor.readInAll).toEqual(["echo first", "echo second"]);
	expect(await holderIn(visitor)).toBe("other");
});

describe("agents who are away", () => {
	test("since the server died lose the floor, and what they left is answered", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		await at.bargedIn(visitor.sessionId);
		await visitor.say("help");
		at.restart();
		await visitor.connect();
		await at.office.recover();
		for (let i = 0; i < 10; i++) {
			at.clock.advance(MINUTE_MS);
			await sweep();
		}
		expect(visitor.readInAll).toEqual(["echo help"]);
	});

	test("nine at once: two looks take the floor from all, five at the first, and what they left is answered once", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agents: Client[] = [];
		for (let i = 0; i < 9; i++) agents.push(await at.bargedIn(visitor.sessionId));
		await visitor.say("help");
		for (const agent of agents) await agent.drop();
		at.clock.advance(MINUTE_MS - 1);
		await sweep();
		expect(await leftIn(visitor)).toBe(0);
		at.clock.advance(1);
		await sweep();
		expect(await leftIn(visitor)).toBe(5);
		expect(await holderIn(visitor)).toMatch(/^agent-/);
		await sweep();
		expect(await leftIn(visitor)).toBe(9);
		expect(await holderIn(visitor)).toBe("bot");
		expect(visitor.read).toEqual(["echo help"]);
		expect(await at.office.sweep()).toBe(0);
	});

	test("one of nine who is back after the first look has the floor", async () => {
		at = new TestOffice({ answering: [new Steered()] });
		const visitor = await at.visitor();
		const agents: Client[] = [];
		for (let i = 0; i < 9; i++) agents.push(await at.bargedIn(visitor.sessionId));
		for (const agent of agents) await agent.drop();
		at.clock.advance(MINUTE_MS);
		await sweep();
		await agents.at(-1)?.connect();
		await sweep();
		await visitor.say("anybody there?");
		await agents.at(-1)?.say("I am");
		expect(visitor.read).toEqual(["I am"]);
		expect(await holderIn(visitor)).toMatch(/^agent-/);
	});
});

test("an agent may barge in before joining, and isn't renamed by joining later", async () => {
	at = new TestOffice({ answering: [new Steered()] });
	const visitor = await at.visitor();
	await visitor.say("hi");
	const agent = at.agentClient(visitor.sessionId);
	await agent.connect();
	await agent.send({ event: "barge in", sender: { displayName: "Grace" } });
	await at.office.idle();
	expect(agent.of("failure")).toEqual([]);
	expect(agent.read).toEqual(["hi", "echo hi"]);
	// The published widget calls everybody who joins so.
	await agent.send({ event: "user joined", sender: { displayName: "Visitor" } });
	await agent.say("here I am");
	expect(agent.of("connection update").map(({ data }) => data)).toEqual([{ sessionCreated: true }]);
	expect(visitor.of("user joined").map(({ sender }) => sender?.displayName)).toEqual(["Robo", "Grace"]);
	expect(visitor.of("new message").at(-1)?.sender?.displayName).toBe("Grace");
	const participants = (await at.office.session("shop", visitor.sessionId))?.participants ?? [];
	expect(participants.find(({ role }) => role === "agent")).toMatchObject({ name: "Grace", bargedIn: true });
});
