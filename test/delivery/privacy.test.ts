import { afterEach, describe, expect, test } from "@jest/globals";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import type { Admission, ConnectRequest } from "../../src/connectors/Connector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

describe("a visitor's user id", () => {
	test("reaches nobody, wherever the published widget puts it", async () => {
		const bot = new Steered();
		at = new TestOffice({ answering: [bot] });
		const visitor = await at.visitor();
		const { userId = "" } = visitor.query;
		const agent = await at.agent(visitor.sessionId);
		await visitor.send({
			event: "new message",
			data: {
				type: "PERMISSION_GRANT",
				rawQuery: "ada@example.com",
				userId,
				userProfile: { id: userId, email: "ada@example.com" },
			},
		});
		await at.office.idle();
		expect(bot.turns[0]?.request).toMatchObject({ userProfile: { email: "ada@example.com" } });
		const log = [];
		for await (const page of at.office.history("shop", visitor.sessionId)) log.push(...page);
		expect(log).toHaveLength(2);
		for (const told of [bot.turns, agent.frames, visitor.frames, log, at.notes.lines]) {
			expect(JSON.stringify(told)).not.toContain(userId);
		}
	});

	test("is the same alias in each session of an app, and another one for each app", async () => {
		const bot = new Steered();
		const url = "http://127.0.0.1:1";
		const apps_ = [
			{ id: "shop", bot: { url } },
			{ id: "bank", bot: { url } },
		];
		at = new TestOffice({ answering: [bot], apps_ });
		const one = await at.visitor({ appId: "shop" });
		await one.say("hi");
		const again = await at.visitor({ ...one.query, appId: "shop" });
		await again.say("hi");
		const elsewhere = await at.visitor({ ...one.query, appId: "bank" });
		await elsewhere.say("hi");
		const [first, second, third] = bot.turns.map(({ userId }) => userId);
		expect(second).toBe(first);
		expect(third).not.toBe(first);
	});
});

/** Lets agents in who may only listen. */
class Listeners extends AdminConnector {
	override async admit(request: ConnectRequest): Promise<Admission | undefined> {
		const admission = await super.admit(request);
		return admission && { ...admission, sends: false };
	}
}

describe("a connection that may only listen", () => {
	test.each([
		["barge in", { event: "barge in", sender: { displayName: "Spy" } }],
		["speak", { event: "new message", data: { type: "INTENT_REQUEST", rawQuery: "boo" } }],
		["type", { event: "typing" }],
	])("can't %s, and still hears", async (_, frame) => {
		const bot = new Steered();
		const admin = new Listeners({ verify: async () => ({ subject: "agent-1", role: "agent" }) });
		at = new TestOffice({ connectors: [admin, new WidgetConnector(), bot] });
		const visitor = await at.visitor();
		const agent = await at.agent(visitor.sessionId);
		await agent.send(frame);
		await at.office.idle();
		expect(agent.of("failure").map(({ data }) => data?.code)).toEqual(["session_forbidden"]);
		const session = await at.office.session("shop", visitor.sessionId);
		expect(session).toMatchObject({ seq: 0, floor: { holder: "bot" } });
		expect(visitor.frames.map(({ event }) => event)).toEqual(["user joined", "connection update"]);
		await visitor.say("hi");
		expect(agent.read).toEqual(["hi", "echo hi"]);
	});
});
