import { describe, expect, test } from "@jest/globals";
import { chatDialect } from "../../src/protocol/chat/ChatDialect.js";
import type { clientActions } from "../../src/protocol/chat/frames.js";
import { LIMITS } from "../../src/protocol/limits.js";
import { textRequest, textResponse } from "../../src/protocol/stentor.js";

const decode = (action: string, data?: unknown) => chatDialect.decode(JSON.stringify({ action, data })).command;
const conversationId = "c1";
const attachments = [{ url: "/files/a.png", name: "a.png", contentType: "image/png", size: 7 }];

const GOOD: Record<keyof ReturnType<typeof clientActions>, [object | undefined, object]> = {
	sendMessage: [
		{ conversationId, content: "Hi", messageType: "text", messageId: "m1" },
		{ type: "message", sessionId: "c1", messageId: "m1", request: textRequest("Hi") },
	],
	typing: [
		{ conversationId, isTyping: false },
		{ type: "typing", sessionId: "c1", on: false },
	],
	markRead: [
		{ conversationId, seq: 3 },
		{ type: "receipt", sessionId: "c1", read: 3 },
	],
	closeConversation: [{ conversationId }, { type: "close", sessionId: "c1" }],
	rate: [
		{ conversationId, rating: 5, comment: "Good" },
		{ type: "rate", sessionId: "c1", rating: 5, comment: "Good" },
	],
	resume: [
		{ conversationId, since: 0 },
		{ type: "resume", sessionId: "c1", since: 0 },
	],
	join: [{ conversationId }, { type: "join", sessionId: "c1", profile: {} }],
	leave: [{ conversationId }, { type: "leave", sessionId: "c1" }],
	takeOver: [{ conversationId }, { type: "bargeIn", sessionId: "c1", profile: {} }],
	giveBack: [{ conversationId }, { type: "bargeOut", sessionId: "c1" }],
	note: [
		{ conversationId, content: "Mind", messageId: "n1" },
		{ type: "note", sessionId: "c1", messageId: "n1", text: "Mind" },
	],
	subscribe: [{ since: "c7" }, { type: "subscribe", since: "c7" }],
	unsubscribe: [undefined, { type: "unsubscribe" }],
	ping: [undefined, { type: "ping" }],
};

describe("what clients send", () => {
	test.each(Object.entries(GOOD))("%s is understood, with fields that we don't know", (action, [data, command]) => {
		expect(decode(action, data)).toEqual(command);
		expect(decode(action, { ...data, type: "x", more: { type: "y" } })).toEqual(command);
	});

	test("a message without a type is a text; one with files needs no words", () => {
		expect(decode("sendMessage", { conversationId, content: "Hi" })).toMatchObject({ request: { rawQuery: "Hi" } });
		expect(decode("sendMessage", { conversationId, content: "", messageType: "image", attachments })).toEqual({
			type: "message",
			sessionId: "c1",
			request: { ...textRequest(""), attributes: { attachments, messageType: "image" } },
			attachments,
			format: "image",
		});
		expect(decode("markRead", { conversationId })).toMatchObject({ read: "all" });
	});

	const secret = "the-secret-words";
	const file = (url: string) => ({ conversationId, content: secret, attachments: [{ url }] });
	test.each<[string, string, unknown]>([
		["sendMessage", "data", undefined],
		["sendMessage", "data", [secret]],
		["sendMessage", "data.conversationId", { content: secret }],
		["sendMessage", "data.conversationId", { content: secret, conversationId: "a/b" }],
		["sendMessage", "data.conversationId", { content: secret, conversationId: "x".repeat(LIMITS.idLength + 1) }],
		["sendMessage", "data.content", { conversationId, content: { secret } }],
		["sendMessage", "data.content", { conversationId, content: " \n" }],
		["sendMessage", "data.messageType", { conversationId, content: "x", messageType: secret }],
		["sendMessage", "data.messageType", { conversationId, content: "x", messageType: "system" }],
		["sendMessage", "data.messageId", { conversationId, content: secret, messageId: "a b" }],
		["sendMessage", "data.attachments", { conversationId, content: "x", attachments: Array(11).fill(attachments[0]) }],
		["sendMessage", "data.attachments.0.url", file(`javascript:${secret}`)],
		["sendMessage", "data.attachments.0.url", file(`data:text/html,${secret}`)],
		["sendMessage", "data.attachments.0.url", file(`https://x.org/${"x".repeat(LIMITS.urlLength)}`)],
		["sendMessage", "data.attachments.0.url", file(`https://x.org/"><script>${secret}`)],
		["typing", "data.isTyping", { conversationId, isTyping: secret }],
		["markRead", "data.seq", { conversationId, seq: -1 }],
		["rate", "data.rating", { conversationId, rating: 0 }],
		["rate", "data.rating", { conversationId, rating: 6 }],
		["rate", "data.rating", { conversationId, rating: 4.5 }],
		["rate", "data.comment", { conversationId, rating: 4, comment: secret.repeat(200) }],
		["resume", "data.since", { conversationId, since: secret }],
		["resume", "data.since", { conversationId }],
		["note", "data.content", { conversationId, content: "" }],
		["join", "data.conversationId", {}],
	])("%s is refused by the name of %s, without what is in it", (action, field, data) => {
		expect(() => decode(action, data)).toThrow(
			expect.objectContaining({ code: "invalid_frame", message: expect.stringContaining(`"${action}", ${field}: `) }),
		);
		expect(() => decode(action, data)).toThrow(
			expect.objectContaining({ message: expect.not.stringContaining(secret) }),
		);
	});

	test.each<[string, string, string]>([
		["no JSON", "the-secret-words", "invalid_frame"],
		["no action", '{"data":{}}', "invalid_frame"],
		["an action that's no text", '{"action":{"a":1}}', "invalid_frame"],
		["an unknown action", '{"action":"the-secret-words"}', "unknown_event"],
		["an action of every object", '{"action":"constructor"}', "unknown_event"],
		["__proto__", '{"action":"ping","data":{"__proto__":{}}}', "invalid_frame"],
		["deep nesting", `{"action":"ping","data":${"[".repeat(40)}${"]".repeat(40)}}`, "invalid_frame"],
		["too much", `{"action":"ping","data":"${"x".repeat(LIMITS.frameBytes)}"}`, "frame_too_large"],
	])("%s is refused", (_, frame, code) => {
		expect(() => chatDialect.decode(frame)).toThrow(
			expect.objectContaining({ code, message: expect.not.stringContaining("the-secret-words") }),
		);
	});
});

describe("what a server sends", () => {
	const reader = { role: "visitor", own: false, numbered: true, aheadMs: 5_000 } as const;
	const entry = {
		session: "topic/shop/c1",
		seq: 4,
		prev: { everyone: 2, staff: 3 },
		messageId: "m4",
		timeMs: Date.UTC(2026, 0, 2),
		from: { id: "bot", role: "answerer", name: "Echo" },
		audience: "everyone",
	} as const;

	test("a bot's answer is a message with what it offers, its `prev` what the reader may see, its time ours", () => {
		const response = { ...textResponse("Red or blue?"), displays: [{ type: "LIST" }], system: "HANDOFF" };
		const speech = { displayText: "Red or blue?", suggestions: ["Red", { title: "Blue" }] };
		const content = { type: "message", text: "Red or blue?", response: { ...response, outputSpeech: speech } } as const;
		expect(JSON.parse(chatDialect.entry("c1", { ...entry, content }, reader) ?? "")).toEqual({
			type: "message",
			data: {
				id: "c1.4",
				conversationId: "c1",
				senderId: "bot",
				senderType: "bot",
				senderName: "Echo",
				content: "Red or blue?",
				messageType: "text",
				createdAt: "2026-01-02T00:00:00.000Z",
				status: "sent",
				messageId: "m4",
				seq: 4,
				prev: 2,
				audience: "everyone",
				metadata: { suggestions: ["Red", { title: "Blue" }], displays: [{ type: "LIST" }] },
			},
		});
	});

	test("the greeting has no type; an error says whether to try again, and of which message", () => {
		const tell = (signal: Parameters<typeof chatDialect.signal>[1]) =>
			JSON.parse(chatDialect.signal("c1", signal, 1) ?? "");
		expect(tell({ type: "greeting", greeting: { customerId: "k" } })).toEqual({
			conversationId: "c1",
			customerId: "k",
		});
		expect(tell({ type: "refused", code: "overloaded", error: "Too much.", retryable: true, messageId: "m1" })).toEqual(
			{
				type: "error",
				data: { code: "overloaded", message: "Too much.", retryable: true, conversationId: "c1", messageId: "m1" },
			},
		);
		const who = { id: "agent-1", role: "agent" } as const;
		expect(tell({ type: "receipt", who, delivered: 3 })).toEqual({
			type: "delivered",
			data: { conversationId: "c1", senderId: "agent-1", senderType: "agent", seq: 3 },
		});
		expect(tell({ type: "receipt", who, delivered: 3, read: 2 })).toMatchObject({
			type: "read",
			data: { seq: 2, delivered: 3 },
		});
	});
});
