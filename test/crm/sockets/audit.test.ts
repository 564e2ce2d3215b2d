import { expect, test } from "@jest/globals";
import { eventually } from "../../support/eventually.js";
import { APP, SocketWorld } from "./SocketWorld.js";

const MARK = "xq7only";

test("what agents do at sockets is in the audit trail: by whom, with which conversation; not what they say", async () => {
	const world = await SocketWorld.open();
	const { id, customer } = await world.talk();
	const agent = await world.staff("agent");
	const desk = await world.desk(agent.token);
	const steps: [string, object, string][] = [
		["join", {}, ""],
		["takeOver", {}, "socket.takeOver"],
		["note", { content: `Careful with ${MARK}` }, "socket.note"],
		["sendMessage", { content: MARK, messageType: "text" }, ""],
		["giveBack", {}, "socket.giveBack"],
		["sendMessage", { content: MARK, messageType: "text" }, "socket.takeOver"],
		["closeConversation", {}, "socket.closeConversation"],
	];
	let before = await world.said(id);
	for (const [action, data] of steps) {
		desk.send(action, { conversationId: id, ...data });
		if (action === "join") continue;
		await eventually(async () => expect(await world.said(id)).toBeGreaterThan(before));
		before = await world.said(id);
	}
	customer.send("closeConversation", { conversationId: id });
	const expected = steps.flatMap(([, , noted]) => (noted === "" ? [] : [noted]));
	await eventually(async () => {
		const { items } = await world.crm.audit.list(APP, { subject: id });
		const told = items.map(({ action, actor, outcome }) => `${actor.role} ${actor.id} ${action} ${outcome}`);
		// What happens within a millisecond has no order.
		expect(told.sort()).toEqual(expected.map((action) => `agent ${agent.agentId} ${action} done`).sort());
		expect(JSON.stringify(items)).not.toContain(MARK);
	});
});
