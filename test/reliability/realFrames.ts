import { readFileSync } from "node:fs";
import type { Reader, Signal } from "../../src/protocol/Dialect.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { routerDialect } from "../../src/protocol/router/RouterDialect.js";
import { textRequest, textResponse } from "../../src/protocol/stentor.js";

const recorded = JSON.parse(readFileSync("test/fixtures/apigateway/message.json", "utf8")) as { body: string };
/** The published widget's, as API Gateway passed it on. */
const widgetFrame = JSON.parse(recorded.body) as { sender: object };

const who = { id: "alias", role: "agent", name: "Ada 👩‍💻", avatar: "https://example.com/ada.png" } as const;
const reader: Reader = { role: "agent", own: false, numbered: true, aheadMs: 0 };
const signals: readonly Signal[] = [
	{ type: "sessionCreated" },
	{ type: "typing", who, on: true },
	{ type: "resumed", recovered: true, seq: 3 },
	{ type: "receipt", who, delivered: 3, read: 2 },
];

const ackOf = (entry: Entry): Signal => ({ type: "ack", messageId: "m1", seq: 3, prev: 2, timeMs: 1, entry });

/** What clients send, in full, and what servers do, which a client may send back. */
export function realFrames(session: string): [string, ...string[]] {
	const { sender } = widgetFrame;
	const sent = (event: string, more: object = {}) =>
		JSON.stringify({ event, sessionId: session, sender, timeMs: Date.now(), ...more });
	const userProfile = { id: "0b5cf8a2-6c1b-4b6e-9d57-0f3f7a1f5a11", displayName: "Visitor" };
	const request = {
		...textRequest("Where is my order?"),
		userProfile,
		attributes: { currentUrl: "https://example.com" },
	};
	const entry: Entry = {
		session,
		seq: 3,
		prev: { everyone: 2, staff: 2 },
		messageId: "m1",
		timeMs: 1_795_256_142_250,
		from: who,
		audience: "everyone",
		content: { type: "message", text: "An answer", response: textResponse("An answer") },
	};
	const encoded = [
		routerDialect.entry(session, entry, reader),
		...[...signals, ackOf(entry)].map((signal) => routerDialect.signal(session, signal, entry.timeMs)),
	];
	return [
		sent("user joined"),
		sent("new message", { data: request, messageId: "m1" }),
		sent("new message", { data: request }),
		sent("new message", { data: { type: "LAUNCH_REQUEST", platform: "stentor-platform", channel: "widget" } }),
		sent("new message", { data: { type: "OPTION_SELECT_REQUEST", token: "item-1" } }),
		sent("typing"),
		sent("stop typing"),
		sent("barge in"),
		sent("barge out"),
		sent("resume", { data: { since: 0 } }),
		sent("receipt", { data: { delivered: 2, read: 1 } }),
		sent("ping"),
		sent("user left"),
		...encoded.filter((frame) => frame !== undefined),
	];
}
