import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { ChatWire } from "./ChatWire.js";
import { eventually, WireClient } from "./given.js";
import { Rest } from "./Rest.js";

const ADA = { email: "ada@example.com", name: "Ada" };
export const customer = (user: object = ADA) => ({ user: JSON.stringify(user) });
export const desk = (token: string) => ({ user: '{"type":"agent"}', token });

/** The whole product, with an admin who has signed in. */
export interface Product {
	readonly url: string;
	readonly wsUrl: string;
	readonly admin: Rest;
}

/** What customers and agents have of the chat API and REST together, wherever it's served; `timeoutMs` for each test. */
export function customerSuite(product: () => Promise<Product>, timeoutMs = 90_000): void {
	test(
		"a customer connects and writes, an agent is assigned, answers and closes, the customer rates; REST has it right all along",
		async () => {
			const { url, wsUrl, admin } = await product();
			const grace = await admin.agent("Grace");
			const atDesk = await ChatWire.connect(wsUrl, desk(grace.token));
			const ada = await ChatWire.connect(wsUrl, customer());
			const { conversationId, customerId, token } = await ada.greeting();
			const path = `/conversations/${conversationId}`;

			atDesk.send("subscribe", {});
			await atDesk.until(({ type }) => type === "subscribed");
			const shown = (expected: object) =>
				atDesk.until(({ type, data }) => {
					if (type !== "conversation" || data?.event !== "changed") return false;
					const summary = data.conversation as Record<string, unknown>;
					return Object.entries(expected).every(([field, value]) => summary[field] === value);
				});

			ada.say(conversationId, "Where is my order?");
			await atDesk.hears("Where is my order?");
			await atDesk.until(({ type, data }) => type === "conversation" && data?.event === "assigned");
			ada.send("typing", { conversationId, isTyping: true });
			await atDesk.until(({ type, data }) => type === "typing" && data?.isTyping === true);
			await grace.rest.becomes(path, {
				status: "open",
				priority: "low",
				channel: "web",
				customerId,
				customer: { id: customerId, ...ADA },
				assignedAgentId: grace.id,
				agent: { id: grace.id, name: "Grace", email: "grace@example.com" },
				openedBy: { type: "customer", id: customerId },
				messageCount: 1,
				unreadCount: 1,
			});
			await grace.rest.becomes(`/agents/${grace.id}`, { status: "online", activeConversations: 1 });

			atDesk.say(conversationId, "It is on its way.");
			await ada.hears("It is on its way.");
			await grace.rest.becomes(path, { messageCount: 2, unreadCount: 0 });
			ada.say(conversationId, "Thanks!");
			await atDesk.hears("Thanks!");
			await grace.rest.becomes(path, { messageCount: 3, unreadCount: 1 });
			atDesk.send("markRead", { conversationId });
			await grace.rest.becomes(path, { messageCount: 3, unreadCount: 0 });

			atDesk.send("closeConversation", { conversationId });
			await ada.until(({ type, data }) => type === "status" && data?.status === "closed");
			await grace.rest.becomes(path, { status: "closed" });
			await grace.rest.becomes(`/agents/${grace.id}`, { activeConversations: 0 });
			await shown({ id: conversationId, status: "closed", messageCount: 3, unreadCount: 0, assignedAgentId: grace.id });
			ada.send("rate", { conversationId, rating: 5, comment: "Quick" });
			await grace.rest.becomes(path, { status: "closed", satisfaction: 5, comment: "Quick" });
			ada.send("rate", { conversationId, rating: 1 });
			await ada.until(({ type, data }) => type === "error" && data?.code === "conversation_rated");
			await grace.rest.becomes(path, { satisfaction: 5 });

			expect(await grace.rest.ask("GET", `/messages/${conversationId}/stats`)).toMatchObject({
				messages: 3,
				bySender: { customer: 2, agent: 1, bot: 0 },
				firstResponseSeconds: expect.any(Number),
				resolutionSeconds: expect.any(Number),
			});
			const said = await grace.rest.list(`/messages?conversationId=${conversationId}&order=asc`);
			expect(said.flatMap(({ messageType, content }) => (messageType === "text" ? [content] : []))).toEqual([
				"Where is my order?",
				"It is on its way.",
				"Thanks!",
			]);
			expect(await grace.rest.ask("GET", `/customers/${customerId}`)).toMatchObject({ ...ADA, totalConversations: 1 });
			const theirs = new Rest(url, token);
			expect(await theirs.ask("GET", path)).toMatchObject({ id: conversationId, satisfaction: 5 });

			const bob = await ChatWire.connect(wsUrl, customer({ email: "bob@example.com" }));
			const stranger = new Rest(url, (await bob.greeting()).token);
			expect(await stranger.answer("GET", path)).toMatchObject({ code: "conversation_unknown" });

			ada.say(conversationId, "One more thing");
			await atDesk.hears("One more thing");
			await grace.rest.becomes(path, { status: "open", assignedAgentId: grace.id, messageCount: 4, unreadCount: 1 });
			await grace.rest.becomes(`/agents/${grace.id}`, { activeConversations: 1 });
		},
		timeoutMs,
	);

	test(
		"a visitor of the widget who is blocked is told so and let into no session, and writes again once they aren't",
		async () => {
			const { wsUrl, admin } = await product();
			// Not a secret, so that it's a session's frame that is refused, not the handshake.
			const user = `visitor-${randomUUID().slice(0, 8)}`;
			const session = () => `stentor-widget-session-${randomUUID()}`;
			const visitor = await WireClient.visitor(wsUrl, session(), user);
			visitor.say("You're all thieves", "m1");
			await visitor.until(() => visitor.of("ack").length === 1);
			const path = `/conversations/${visitor.session}`;
			// The bot may have answered by then.
			await admin.becomes(path, { unreadCount: 1 });
			const { customerId } = await admin.ask("GET", path);
			const customer = `/customers/${customerId}`;
			const codes = (client: WireClient) => client.of("failure").map(({ data }) => data?.code);

			await admin.ask("PUT", customer, { status: "blocked" });
			await visitor.until(() => codes(visitor).includes("customer_blocked"));
			await visitor.closeCode;
			for (const id of [visitor.session, session()]) {
				const again = await WireClient.visitor(wsUrl, id, user);
				expect(again.of("connection update").map(({ data }) => data?.sessionCreated)).toEqual([false]);
				again.say("Thieves, I say", "m2");
				const expected = id === visitor.session ? "customer_blocked" : "not_joined";
				await again.until(() => codes(again).includes(expected));
			}

			await admin.ask("PUT", customer, { status: "active" });
			await eventually(async () => {
				const back = await WireClient.visitor(wsUrl, visitor.session, user);
				return back.of("connection update").every(({ data }) => data?.sessionCreated === true);
			});
			const back = await WireClient.visitor(wsUrl, visitor.session, user);
			back.say("Sorry", "m3");
			await back.until(() => back.of("ack").length === 1);
			const said = await admin.list(`/messages?conversationId=${visitor.session}&order=asc`);
			const theirs = said.filter(({ senderType }) => senderType === "customer");
			expect(theirs.map(({ content }) => content)).toEqual(["You're all thieves", "Sorry"]);
		},
		timeoutMs,
	);
}
