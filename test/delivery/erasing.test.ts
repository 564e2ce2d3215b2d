import { afterEach, describe, expect, test } from "@jest/globals";
import type { Answer } from "../../src/connectors/Connector.js";
import { messageIdsOf } from "../../src/delivery/identity.js";
import type { Plugin } from "../../src/delivery/Plugins.js";
import { memberships, messageIds, sessions } from "../../src/delivery/records.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { eventually } from "../support/eventually.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered, say } from "./Steered.js";
import { DEPLOYMENTS, Later, onDeployment, until } from "./steering.js";

let at: TestOffice;
afterEach(async () => {
	await at.office.close();
	expect(at.notes.errors).toEqual([]);
});

/** What only the visitor of these tests says or is called. */
const MARK = "xq7-only-theirs";

const erase = ({ sessionId }: Client) => at.office.erase("shop", sessionId);

async function logOf({ sessionId }: Client): Promise<Entry[]> {
	const log: Entry[] = [];
	for await (const page of at.office.history("shop", sessionId)) log.push(...page);
	return log;
}

function headOf({ sessionId }: Client) {
	return at.ports.storage.get(sessions, [`test/shop/${sessionId}`]);
}

/** A visitor, and an agent who has answered; each line tells who they are. */
async function talked(): Promise<{ visitor: Client; agent: Client }> {
	const visitor = await at.client();
	await visitor.send({ event: "user joined", sender: { displayName: MARK, email: `${MARK}@example.com` } });
	await visitor.say(`I am ${MARK}`, `id-${MARK}`);
	const agent = await at.bargedIn(visitor.sessionId);
	await agent.say(`Hello ${MARK}`, "agents-1");
	return { visitor, agent };
}

describe.each(DEPLOYMENTS)("a session that's erased: %s", (deployment) => {
	test("keeps its numbers, authors and times, and nothing that was said or who said it", async () => {
		at = new TestOffice(onDeployment(deployment));
		const { visitor } = await talked();
		const before = await logOf(visitor);
		expect(JSON.stringify(before)).toContain(MARK);
		const idsOf = () => at.ports.storage.query(messageIds, { hash: messageIdsOf(`test/shop/${visitor.sessionId}`) });
		expect((await idsOf()).records).toHaveLength(2);
		expect(await erase(visitor)).toBe(before.length);
		const after = await logOf(visitor);
		expect(after.map(({ seq, prev, timeMs, audience }) => ({ seq, prev, timeMs, audience }))).toEqual(
			before.map(({ seq, prev, timeMs, audience }) => ({ seq, prev, timeMs, audience })),
		);
		expect(after.map(({ from }) => from)).toEqual(before.map(({ from: { id, role } }) => ({ id, role })));
		expect(new Set(after.map(({ content }) => content.type))).toEqual(new Set(["erased"]));
		expect((await idsOf()).records).toEqual([]);
		const where = { index: "bySession", hash: `test/shop/${visitor.sessionId}` };
		expect((await at.ports.storage.query(memberships, where)).records).toEqual([]);
		expect(JSON.stringify(await headOf(visitor))).not.toContain(MARK);
		expect(JSON.stringify(await at.office.session("shop", visitor.sessionId))).not.toContain(MARK);
	});

	test("is told of to who is there, and the visitor's connection is ended", async () => {
		at = new TestOffice(onDeployment(deployment));
		const { visitor, agent } = await talked();
		const seq = await erase(visitor);
		expect(agent.of("erased").map(({ data }) => data)).toEqual([{ seq }]);
		expect(at.transport.isOpen(visitor.connection)).toBe(false);
		expect(at.transport.isOpen(agent.connection)).toBe(true);
		await agent.say("and after it");
		expect((await logOf(visitor)).at(-1)?.content).toMatchObject({ type: "message", text: "and after it" });
	});

	test("can be gone on with: its visitor is known again by their alias, and what's said then stays", async () => {
		at = new TestOffice(onDeployment(deployment));
		const { visitor } = await talked();
		const seq = (await erase(visitor)) ?? 0;
		await visitor.connect();
		await visitor.say("again", `id-${MARK}`);
		expect(visitor.of("ack").map(({ data }) => data?.seq)).toEqual([seq + 1]);
		expect((await logOf(visitor)).at(-1)?.content).toMatchObject({ text: "again" });
		expect(visitor.readInAll).not.toContain("again");
	});

	test("erased a second time, in the same state, is as it was", async () => {
		at = new TestOffice(onDeployment(deployment));
		const { visitor } = await talked();
		await erase(visitor);
		const first = await logOf(visitor);
		await erase(visitor);
		expect(await logOf(visitor)).toEqual(first);
	});

	test("shows clients that number what they have, that there was something, and the published one nothing", async () => {
		at = new TestOffice(onDeployment(deployment));
		const { visitor } = await talked();
		const seq = (await erase(visitor)) ?? 0;
		const stock = await at.agent(visitor.sessionId);
		expect(stock.read).toEqual([]);
		const ours = await at.client(visitor.query, visitor.sessionId);
		await ours.send({ event: "resume", data: { since: 0 } });
		await at.office.idle();
		expect(ours.of("erased").map((frame) => frame.seq)).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
		expect(ours.of("resumed").map(({ data }) => data)).toEqual([{ recovered: true, seq }]);
	});

	test("gets no answer that a bot was giving: it would tell of what is gone", async () => {
		const bot = new Steered();
		const answer = new Later<Answer>();
		bot.reply = () => answer.promise;
		at = new TestOffice({ ...onDeployment(deployment), answering: [bot] });
		const visitor = await at.visitor();
		await visitor.utter(MARK);
		await until(() => bot.turns.length === 1);
		await erase(visitor);
		answer.keep(say(`You said ${MARK}`));
		await at.office.idle();
		expect(JSON.stringify(await logOf(visitor))).not.toContain(MARK);
		expect(await headOf(visitor)).not.toHaveProperty("due");
	});

	test("that isn't there is none", async () => {
		at = new TestOffice(onDeployment(deployment));
		expect(await at.office.erase("shop", "nobody-was-here")).toBeUndefined();
	});
});

describe("a plugin", () => {
	/** Keeps what it's given. */
	class Keeping implements Plugin {
		readonly name = "keeping";
		readonly kept: Entry[] = [];
		failures = 0;
		/** Is waited for with each page. */
		hold: Promise<void> = Promise.resolve();

		async onEntries(entries: readonly Entry[]) {
			await this.hold;
			this.kept.push(...entries);
		}

		async onErased(session: string, seq: number) {
			if (this.failures-- > 0) throw new Error("not now");
			const left = this.kept.filter((entry) => entry.session !== session || entry.seq > seq);
			this.kept.splice(0, this.kept.length, ...left);
		}
	}

	test("is told after what it had in hand, so that nothing of it comes afterwards", async () => {
		at = new TestOffice();
		const plugin = new Keeping();
		const release = new Later();
		plugin.hold = release.promise;
		at.office.plug(plugin);
		const { visitor } = await talked();
		const other = await at.visitor();
		await other.say("of somebody else");
		const erased = erase(visitor);
		release.keep();
		await erased;
		expect(JSON.stringify(plugin.kept)).not.toContain(MARK);
		await eventually(() => expect(JSON.stringify(plugin.kept)).toContain("of somebody else"));
		expect(JSON.stringify(plugin.kept)).not.toContain(MARK);
	});

	test("that fails has the erasing fail; called again, it's told again", async () => {
		at = new TestOffice();
		const plugin = new Keeping();
		plugin.failures = 1;
		at.office.plug(plugin);
		const { visitor } = await talked();
		await expect(erase(visitor)).rejects.toThrow("not now");
		await erase(visitor);
		expect(JSON.stringify(plugin.kept)).not.toContain(MARK);
	});
});
