import { expect, test } from "@jest/globals";
import { SocketWorld } from "../crm/sockets/SocketWorld.js";
import { ChatWire } from "./ChatWire.js";
import { givenServer, refusal, WireClient } from "./given.js";
import { ADMIN, Rest } from "./Rest.js";

const ADA = { user: JSON.stringify({ email: "ada@example.com", name: "Ada" }) };
const DAY_MS = 24 * 3600_000;

/** A server whose clock can be put forward. */
async function given() {
	let ahead = 0;
	const server = await givenServer(ADMIN, () => Date.now() + ahead);
	await server.firstAdmin;
	const advance = (ms: number) => {
		ahead += ms;
	};
	return { ...server, admin: await Rest.admin(server.url), advance };
}

async function ticketOf(rest: Rest): Promise<string> {
	return String((await rest.ask("POST", "/connect-ticket")).ticket);
}

const at = (wsUrl: string, query: Record<string, string>) => `${wsUrl}?${new URLSearchParams(query)}`;

test("a ticket lets an agent in once, as who got it; used again or made up it's refused, and nobody is let in as somebody else", async () => {
	const { wsUrl, admin, log } = await given();
	const grace = await admin.agent("Grace");
	const ticket = await ticketOf(grace.rest);
	const desk = await ChatWire.connect(wsUrl, { ticket });
	desk.send("subscribe", {});
	await desk.until(({ type }) => type === "subscribed");
	for (const query of [
		{ ticket },
		{ ticket: "c.made-up" },
		{ ticket: "made-up" },
		{ ticket, isAdmin: "true" },
	] as Record<string, string>[]) {
		expect(await refusal(at(wsUrl, query))).toMatchObject({ status: 401 });
	}
	const refused = log.filter(({ event }) => event === "connection refused");
	expect(refused.map(({ code }) => code)).toEqual(Array(4).fill("token_invalid"));
	expect(JSON.stringify(log)).not.toContain(ticket);
});

test("a widget that says to be an agent's may come with a ticket, too", async () => {
	const { wsUrl, admin } = await given();
	const visitor = await WireClient.visitor(wsUrl, "stentor-widget-session-1");
	visitor.say("Is anybody there?");
	const grace = await admin.agent("Grace");
	const query = { userId: "grace-1", isAdmin: "true", ticket: await ticketOf(grace.rest) };
	const widget = await WireClient.connect(at(wsUrl, query), visitor.session);
	widget.send({ event: "user joined" });
	await widget.until(() => widget.read.includes("Is anybody there?"));
});

test("a customer's ticket brings them to the conversation that its token was for, and to no other", async () => {
	const { url, wsUrl } = await given();
	const ada = await ChatWire.connect(wsUrl, ADA);
	const { conversationId, customerId, token } = await ada.greeting();
	const bob = await ChatWire.connect(wsUrl, { user: '{"email":"bob@example.com"}' });
	const other = await bob.greeting();
	const rest = new Rest(url, token);
	for (const more of [{}, { conversationId }, ADA] as Record<string, string>[]) {
		const again = await ChatWire.connect(wsUrl, { ...more, ticket: await ticketOf(rest) });
		expect(await again.greeting()).toMatchObject({ conversationId, customerId });
	}
	const theirs = { conversationId: other.conversationId, ticket: await ticketOf(rest) };
	expect(await refusal(at(wsUrl, theirs))).toMatchObject({ status: 401 });
});

test("a ticket is over after a minute", async () => {
	const { wsUrl, admin, advance } = await given();
	const ticket = await ticketOf(admin);
	advance(61_000);
	expect(await refusal(at(wsUrl, { ticket }))).toMatchObject({ status: 401 });
});

test("what a ticket was got with ends what it lets in: revoked before, it's refused; revoked later, or over, the socket ends", async () => {
	const { wsUrl, admin, advance } = await given();
	const [grace, joan] = [await admin.agent("Grace"), await admin.agent("Joan")];
	const unused = await ticketOf(grace.rest);
	const desk = await ChatWire.connect(wsUrl, { ticket: await ticketOf(grace.rest) });
	const joans = await ChatWire.connect(wsUrl, { ticket: await ticketOf(joan.rest) });
	await admin.ask("POST", `/agents/${grace.id}/revoke`);
	expect(await desk.closeCode).toBe(4401);
	expect(await refusal(at(wsUrl, { ticket: unused }))).toMatchObject({ status: 401 });
	advance(DAY_MS);
	joans.send("ping", {});
	expect(await joans.closeCode).toBe(4401);
	expect(joans.frames.at(-1)).toMatchObject({ type: "error", data: { code: "agent_token_invalid" } });
});

test("a ticket of one app opens no other", async () => {
	const world = await SocketWorld.open();
	const { token: _, ...actor } = await world.staff("admin", [], "other");
	const { ticket } = await world.crm.tickets.issue(actor);
	expect(await refusal(at(world.address, { ticket }))).toMatchObject({ status: 401 });
	await ChatWire.connect(world.address, { ticket, appId: "other" });
});
