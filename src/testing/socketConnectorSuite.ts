import assert from "node:assert/strict";
import { APP_ID } from "../apps/Apps.js";
import type { ConnectRequest, SocketConnector } from "../connectors/Connector.js";
import type { Reader, Signal } from "../protocol/Dialect.js";
import type { Content, Entry, Sender } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { clientId } from "../protocol/router/frames.js";
import { textRequest, textResponse } from "../protocol/stentor.js";
import { checksOf, type Runner } from "./checksOf.js";

/** A socket connector and who connects to it; `close` ends whatever `open` started. */
export interface SocketConnectorUnderTest {
	readonly connector: SocketConnector;
	/** Connections that it admits. */
	readonly admits: readonly ConnectRequest[];
	/** Connections that it leaves to others. */
	readonly leaves?: readonly ConnectRequest[];
	/** Connections that it refuses. */
	readonly refuses?: readonly ConnectRequest[];
	close?(): Promise<void> | void;
}

const who: Sender = { id: "alias", role: "agent", name: "Ada 👩‍💻", avatar: "https://example.com/ada.png" };

const contents: readonly Content[] = [
	{ type: "message", text: "Grüße, 你好, \u2028", request: textRequest("Grüße") },
	{ type: "message", text: "An answer", response: textResponse("An answer") },
	{ type: "message", text: "Bare words" },
	{ type: "launch", request: { type: "LAUNCH_REQUEST" } },
	{ type: "joined" },
	{ type: "left", reason: "away" },
	{ type: "handOff", target: "genesys" },
	{ type: "failure", seq: 1, error: "The bot did not answer in time." },
	{ type: "message", text: "", attachments: [{ url: "/files/a.png", size: 7 }], format: "image" },
	{ type: "closed" },
	{ type: "rated", rating: 5, comment: "Thank you" },
	{ type: "erased" },
];

const signals: readonly Signal[] = [
	{ type: "greeting", greeting: { customerId: "c1", token: "t1" } },
	{ type: "sessionCreated" },
	{
		type: "sessionRefused",
		code: "session_forbidden",
		error: "The session belongs to somebody else.",
		retryable: false,
	},
	{ type: "joined", who },
	{ type: "left", who },
	{ type: "typing", who, on: true },
	{ type: "typing", who, on: false },
	{ type: "retrying", who, tries: 1, delayMs: 250, error: "The bot did not answer in time." },
	{ type: "ack", messageId: "m1", seq: 3, prev: 2, timeMs: 1, entry: entryOf({ type: "message", text: "Hi" }, 2) },
	{ type: "resumed", recovered: true, seq: 3 },
	{ type: "receipt", who, delivered: 3, read: 2 },
	{ type: "refused", code: "message_conflict", error: "Used before.", retryable: false, messageId: "m1" },
	{ type: "erased", seq: 3 },
	{ type: "conversation", conversationId: "s1", event: "removed", cursor: "1" },
	{ type: "subscribed", recovered: false, cursor: "1" },
	{ type: "queue", position: 1, waitSeconds: 60 },
	{ type: "pong" },
];

/**
 * The contract of `SocketConnector` and its dialect as tests; each gets a fresh one from `open`. `test` is the
 * runner's, e.g. jest's.
 */
export function socketConnectorSuite(test: Runner, open: () => Promise<SocketConnectorUnderTest>): void {
	const check = checksOf(test, open);

	check("it says what it is", async ({ connector }) => {
		assert.match(connector.name, APP_ID);
		assert.equal(connector.answers, false);
		assert.ok(connector.role === "visitor" || connector.role === "agent");
		assert.ok(connector.dialect.name.length > 0);
		assert.equal(new Set(connector.commands).size, connector.commands.length);
	});

	check("whom it admits has a user id that can stand in keys", async ({ connector, admits }) => {
		assert.ok(admits.length > 0);
		for (const request of admits) {
			const admission = await connector.admit(request);
			assert.ok(admission, "it left a connection to others that it should admit");
			assert.equal(clientId.parse(admission.user), admission.user);
		}
	});

	check("it leaves to others what isn't of its kind", async ({ connector, leaves = [] }) => {
		for (const request of leaves) assert.equal(await connector.admit(request), undefined);
	});

	check("it refuses by an error of ours, which doesn't repeat the token", async ({ connector, refuses = [] }) => {
		for (const request of refuses) {
			const error = await connector.admit(request).then(
				() => assert.fail("it was admitted"),
				(reason: unknown) => reason,
			);
			assert.ok(error instanceof RouterError);
			const token = request.query.token || request.headers.authorization;
			assert.ok(!token || !error.message.includes(token));
		}
	});

	check("its dialect refuses what's no frame by an error of ours", async ({ connector: { dialect } }) => {
		const tooLarge = JSON.stringify("x".repeat(LIMITS.frameBytes));
		for (const frame of [
			"",
			"{",
			"[]",
			"null",
			"{}",
			'{"event":7,"action":7}',
			'{"event":"x","action":"x"}',
			tooLarge,
		]) {
			assert.throws(() => dialect.decode(frame), RouterError);
		}
	});

	check(
		"its dialect has every entry as a text without our key, or has no form for it",
		async ({ connector: { dialect } }) => {
			for (const entry of contents.map(entryOf)) {
				for (const reader of readers()) {
					const frame = dialect.entry("session-1", entry, reader) ?? "";
					assert.equal(typeof frame, "string");
					assert.ok(!frame.includes(entry.session));
				}
			}
		},
	);

	check("its dialect has every signal as a text, or has no form for it", async ({ connector: { dialect } }) => {
		for (const signal of signals) {
			for (const session of ["session-1", undefined]) {
				assert.equal(typeof (dialect.signal(session, signal, 1) ?? ""), "string");
			}
		}
	});
}

function entryOf(content: Content, index: number): Entry {
	const seq = index + 1;
	const role = content.type === "launch" ? "visitor" : "response" in content ? "answerer" : "agent";
	return {
		session: "topic/app/session-1",
		seq,
		prev: { everyone: index, staff: index },
		messageId: `message-${seq}`,
		timeMs: 1_700_000_000_000 + seq,
		from: { ...who, role },
		audience: "everyone",
		content,
	};
}

function readers(): Reader[] {
	return (["visitor", "agent", "answerer"] as const).flatMap((role) =>
		[true, false].map((flag) => ({ role, own: flag, numbered: flag, aheadMs: flag ? 0 : -1_500 })),
	);
}
