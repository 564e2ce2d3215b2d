import type { ServerProcess } from "../peers/ServerProcess.js";
import { agentId, conversationId, customerOf, emailOf } from "./records.js";
import { rareWord } from "./texts.js";
import { connectTime } from "./Visitor.js";

/** What is asked of a server with so many conversations. */
export interface Asked {
	readonly server: ServerProcess;
	readonly token: string;
	readonly conversations: number;
	readonly random: () => number;
}

/** One thing that people wait for; `ask` does it once, and answers how long it took, in milliseconds. */
export interface Request {
	readonly name: string;
	/** The goal for the 95th percentile with all conversations, in milliseconds. */
	readonly goalMs: number;
	ask(asked: Asked): Promise<number>;
}

const PAGE = 50;

export const REQUESTS: readonly Request[] = [
	list("inbox: all", () => ({})),
	list("inbox: open", () => ({ status: "open" })),
	list("inbox: open and urgent", () => ({ status: "open", priority: "urgent" })),
	list("inbox: an agent's open ones", ({ random }) => ({ agentId: agentId(at(random, 50)), status: "open" })),
	list("inbox: by tag", () => ({ tag: "refund" })),
	{
		name: `conversation with its last ${PAGE} messages`,
		goalMs: 20,
		async ask(asked) {
			const { server, token } = asked;
			const id = aLongOne(asked);
			const begun = performance.now();
			await get(server, token, `/api/conversations/${id}`, {});
			const { data } = await get(server, token, "/api/messages", { conversationId: id, limit: String(PAGE) });
			if (!Array.isArray(data) || data.length !== PAGE)
				throw new Error("There are fewer messages than there should be.");
			return performance.now() - begun;
		},
	},
	search("search: a rare word", (random) => rareWord(at(random, 20_000))),
	search("search: a word that every third message has", () => "the "),
	search("search: two frequent words", () => "delivery please "),
	search("search: a frequent and a rare word", (random) => `order ${rareWord(at(random, 20_000))}`),
	search("search: a phrase", () => '"order is" delivery '),
	search("search: a word begun, 3 letters", () => "del"),
	search("search: a word begun, 6 letters", () => "delive"),
	search("search: a rare word begun", (random) => rareWord(at(random, 20_000)).slice(0, -2)),
	{
		// As many as in few conversations are found in many: what the others cost by finding more is left out.
		name: "search: in one conversation",
		goalMs: 100,
		ask: (asked) =>
			timed(asked, "/api/messages/search", {
				q: "order please ",
				conversationId: aLongOne(asked),
				limit: "20",
			}),
	},
	{
		name: "a returning customer connects",
		goalMs: 20,
		ask({ server, conversations, random }) {
			// One that's open: archived ones aren't gone on with.
			const number = Math.floor(at(random, conversations) / 50) * 50 + 1;
			const customer = customerOf(number, conversations);
			return connectTime(server.origin, { email: emailOf(customer), conversationId: conversationId(number) });
		},
	},
];

/** A conversation with more messages than a page has. */
function aLongOne({ conversations, random }: Asked): string {
	return conversationId(Math.floor(at(random, conversations) / 100) * 100);
}

function list(name: string, query: (asked: Asked) => Record<string, string>): Request {
	return {
		name,
		goalMs: 20,
		ask: (asked) => timed(asked, "/api/conversations", { limit: String(PAGE), ...query(asked) }),
	};
}

function search(name: string, words: (random: () => number) => string): Request {
	return {
		name,
		goalMs: 100,
		ask: (asked) => timed(asked, "/api/messages/search", { q: words(asked.random), limit: "20" }),
	};
}

async function timed({ server, token }: Asked, path: string, query: Record<string, string>): Promise<number> {
	const begun = performance.now();
	await get(server, token, path, query);
	return performance.now() - begun;
}

async function get(
	{ origin }: ServerProcess,
	token: string,
	path: string,
	query: Record<string, string>,
): Promise<{ data?: unknown }> {
	const answer = await fetch(`http://${origin}${path}?${new URLSearchParams(query)}`, {
		headers: { Authorization: `Bearer ${token}` },
	});
	const body = (await answer.json()) as { data?: unknown };
	if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(body)}`);
	return body;
}

function at(random: () => number, of: number): number {
	return Math.floor(random() * of);
}
