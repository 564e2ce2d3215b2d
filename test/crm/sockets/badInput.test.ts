import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import * as z from "zod/mini";
import { type ClientAction, clientActions } from "../../../src/protocol/chat/frames.js";
import { LIMITS } from "../../../src/protocol/limits.js";
import { type ClientEvent, clientFrames } from "../../../src/protocol/router/frames.js";
import { WireClient } from "../../server/given.js";
import { eventually } from "../../support/eventually.js";
import { APP, SocketWorld } from "./SocketWorld.js";

/** What is found wherever a field is wrong: it may stand in no answer, and in no line of the log. */
const SECRET = "hunter2";

/** What each kind of field may not be. `undefined`: it's missing. */
const ODD = { length: { toString: SECRET } };
const ID = [
	ODD,
	7,
	null,
	[SECRET],
	{ [SECRET]: 1 },
	"",
	"a/b",
	`${SECRET} `,
	"\ud800",
	"x".repeat(LIMITS.idLength + 1),
];
const SEQ = [SECRET, null, -1, 0.5, 1e300, [1], true];
const TEXT = [7, null, [SECRET], { [SECRET]: 1 }];
const OBJECT = [SECRET, 7, null, [SECRET]];
const URL = [ODD, 7, null, SECRET, `javascript:${SECRET}`, `/${SECRET} b`, `/${"x".repeat(LIMITS.urlLength)}`];

interface Fields {
	/** What makes sense, without the session's id. */
	readonly good: Readonly<Record<string, unknown>>;
	/** By field: what it may not be. */
	readonly wrong: Readonly<Record<string, readonly unknown[]>>;
}

const ACTIONS: Readonly<Record<ClientAction, Fields>> = {
	sendMessage: {
		good: { content: "Hi", messageType: "text" },
		wrong: {
			content: [undefined, ...TEXT, "", " \n"],
			messageType: [7, null, "system", SECRET, ["text"]],
			messageId: ID,
			attachments: [
				SECRET,
				null,
				{ url: "/a" },
				[SECRET],
				[{}],
				...URL.map((url) => [{ url }]),
				[{ url: "/a", name: 7 }],
				[{ url: "/a", name: ODD }],
				[{ url: "/a", name: SECRET.repeat(LIMITS.nameLength) }],
				[{ url: "/a", contentType: SECRET.repeat(LIMITS.nameLength) }],
				...[-1, 0.5, SECRET].map((size) => [{ url: "/a", size }]),
				Array.from({ length: LIMITS.attachments + 1 }, () => ({ url: "/a" })),
			],
			attachmentUrl: URL,
		},
	},
	typing: { good: { isTyping: true }, wrong: { isTyping: [undefined, null, SECRET, "true", 1, {}] } },
	markRead: { good: {}, wrong: { seq: SEQ } },
	closeConversation: { good: {}, wrong: {} },
	rate: {
		good: { rating: 5 },
		wrong: {
			rating: [undefined, null, SECRET, "5", 0, 6, 4.5, [5]],
			comment: [ODD, ...TEXT, SECRET.repeat(LIMITS.commentLength)],
		},
	},
	resume: { good: { since: 0 }, wrong: { since: [undefined, ...SEQ] } },
	join: { good: {}, wrong: {} },
	leave: { good: {}, wrong: {} },
	takeOver: { good: {}, wrong: {} },
	giveBack: { good: {}, wrong: {} },
	note: { good: { content: "A note" }, wrong: { content: [undefined, ...TEXT, "", " \n"], messageId: ID } },
	subscribe: { good: {}, wrong: { since: [ODD, ...TEXT, "x".repeat(LIMITS.cursorLength + 1)] } },
	unsubscribe: { good: {}, wrong: {} },
	ping: { good: {}, wrong: {} },
};

const REQUEST = { type: "INTENT_REQUEST", rawQuery: "Hi" };
const JOINED: Fields = { good: {}, wrong: { sender: OBJECT } };

const EVENTS: Readonly<Record<ClientEvent, Fields>> = {
	"user joined": JOINED,
	"user left": JOINED,
	"new message": {
		good: { data: REQUEST },
		wrong: {
			...JOINED.wrong,
			messageId: ID,
			data: [
				...[undefined, ...OBJECT, {}],
				...[ODD, ...TEXT, "", SECRET.repeat(100)].map((type) => ({ ...REQUEST, type })),
				...["rawQuery", "token", "title", "intentId"].flatMap((field) =>
					TEXT.map((value) => ({ ...REQUEST, [field]: value })),
				),
				...OBJECT.map((attributes) => ({ ...REQUEST, attributes })),
			],
		},
	},
	typing: JOINED,
	"stop typing": JOINED,
	"barge in": JOINED,
	"barge out": JOINED,
	resume: {
		good: { data: { since: 0 } },
		wrong: { ...JOINED.wrong, data: [undefined, ...OBJECT, {}, ...SEQ.map((since) => ({ since }))] },
	},
	receipt: {
		good: { data: { read: 1 } },
		wrong: {
			...JOINED.wrong,
			data: [undefined, ...OBJECT, ...SEQ.flatMap((seq) => [{ read: seq }, { delivered: seq }])],
		},
	},
	ping: { good: {}, wrong: {} },
};

/** Holds a field that would change what a copy of it is. */
const POISONED: Record<string, unknown> = JSON.parse(`{"__proto__":{"isAdmin":"${SECRET}"}}`);

/** Of the published client's fields, those that are left aside where they're malformed, and not refused. */
const LENIENT = ["timeMs"];

function shapeOf(schema: z.ZodMiniType): readonly string[] {
	const inner = schema instanceof z.ZodMiniOptional ? schema.def.innerType : schema;
	return inner instanceof z.ZodMiniObject ? Object.keys(inner.shape) : [];
}

test.each(Object.keys(clientActions()) as ClientAction[])("%s: each of its fields is tried below", (action) => {
	const fields = shapeOf(clientActions()[action]).filter((field) => field !== "conversationId");
	expect(Object.keys(ACTIONS[action].wrong).sort()).toEqual([...fields].sort());
});

test.each(Object.keys(clientFrames()) as ClientEvent[])("%s: each of its fields is tried below", (event) => {
	const fields = shapeOf(clientFrames()[event]).filter((field) => ![...LENIENT, "sessionId"].includes(field));
	expect(Object.keys(EVENTS[event].wrong).sort()).toEqual([...fields].sort());
});

/** Room for what is tried in a row. */
const BUSY = { FRAMES_PER_SECOND: "10000", FRAME_BURST: "10000" };

interface Refusal {
	readonly code: unknown;
	readonly text: unknown;
}

/** All that is kept: every record of every collection, once nothing is under way. */
async function keptOf({ crm, storage }: SocketWorld): Promise<string> {
	await crm.office.idle();
	await crm.idle();
	return inspect(storage, { depth: null, maxArrayLength: null, maxStringLength: null });
}

describe.each(Object.entries(ACTIONS))("%s, at a chat client,", (action, { good, wrong }) => {
	const named = shapeOf(clientActions()[action as ClientAction]).includes("conversationId");

	test("is refused with the field's name where it's malformed, for customers and agents, and nothing is kept", async () => {
		const world = await SocketWorld.open(BUSY);
		const { id: conversationId, customer } = await world.talk();
		const agent = await world.desk((await world.staff("agent")).token);
		agent.send("join", { conversationId });
		agent.send("ping", {});
		await agent.until(({ type }) => type === "pong");
		// That it has come is noted a moment later.
		await eventually(async () => expect((await world.crm.office.receipts(APP, conversationId)).size).toBe(1));
		const kept = await keptOf(world);
		const fields = { ...wrong, ...(named && { conversationId: [undefined, ...ID] }) };
		const tries = Object.entries(fields).flatMap(([field, values]) =>
			values.map((value) => ({ field, data: { conversationId, ...good, [field]: value } as unknown })),
		);
		if (named) tries.push(...[undefined, ...OBJECT].map((data) => ({ field: "data", data })));
		for (const client of [customer, agent]) {
			const told = async (data: unknown): Promise<Refusal[]> => {
				const [before, pongs] = [client.frames.length, client.frames.filter(({ type }) => type === "pong").length];
				client.send(action, data as object);
				client.send("ping", {});
				await client.until(() => client.frames.filter(({ type }) => type === "pong").length > pongs);
				const errors = client.frames.slice(before).filter(({ type }) => type === "error");
				return errors.map(({ data: error }) => ({ code: error?.code, text: error?.message }));
			};
			for (const { field, data } of tries) expectRefused(await told(data), field, data);
			const poisoned = { conversationId, ...good, inner: POISONED };
			expectRefused(await told(poisoned), "__proto__", poisoned);
			expectRefused(await told({ conversationId, ...good, ...POISONED }), "__proto__", "at the top");
			const long = { conversationId, ...good, more: SECRET.repeat(LIMITS.frameBytes / SECRET.length) };
			expect(await told(long)).toMatchObject([{ code: "frame_too_large" }]);
			client.send(`${action} ${SECRET}`, { conversationId, ...good });
			await client.until(({ data }) => data?.code === "unknown_event");
			if (named) {
				const [refused, ...more] = await told({ conversationId: "nobody-s", ...good });
				expect(more).toEqual([]);
				expect(["conversation_unknown", "not_joined", "forbidden", "agent_token_required"]).toContain(refused?.code);
			}
		}
		expect(await keptOf(world)).toBe(kept);
		expect(await world.crm.office.session(APP, "nobody-s")).toBeUndefined();
		expect(JSON.stringify([customer.frames, agent.frames, world.notes.lines])).not.toContain(SECRET);
		expect(world.notes.errors).toEqual([]);
	});
});

describe.each(Object.entries(EVENTS))("%s, at a widget,", (event, { good, wrong }) => {
	const named = event !== "ping";

	test("is refused with the field's name where it's malformed, and nothing is kept", async () => {
		const world = await SocketWorld.open(BUSY);
		const visitor = await WireClient.visitor(world.address, `stentor-widget-session-${event.replace(" ", "-")}`);
		const kept = await keptOf(world);
		const told = async (frame: Record<string, unknown>): Promise<Refusal[]> => {
			const [before, pongs] = [visitor.frames.length, visitor.of("pong").length];
			visitor.send({ event, ...good, ...frame });
			visitor.send({ event: "ping" });
			await visitor.until(() => visitor.of("pong").length > pongs);
			return visitor.frames
				.slice(before)
				.filter(({ event: answer, data }) => answer === "failure" || data?.sessionCreated === false)
				.map(({ data }) => ({ code: data?.code, text: data?.error }));
		};
		const fields = { ...wrong, ...(named && { sessionId: [undefined, ...ID] }) };
		for (const [field, values] of Object.entries(fields)) {
			for (const value of values) expectRefused(await told({ [field]: value }), field, value);
		}
		expectRefused(await told({ sender: { inner: POISONED } }), "__proto__", "in the sender");
		expectRefused(await told(POISONED), "__proto__", "at the top");
		const more = SECRET.repeat(LIMITS.frameBytes / SECRET.length);
		expect(await told({ more })).toMatchObject([{ code: "frame_too_large" }]);
		expect(await told({ event: `${event} ${SECRET}` })).toMatchObject([{ code: "unknown_event" }]);
		expect(await keptOf(world)).toBe(kept);
		expect(JSON.stringify([visitor.frames, world.notes.lines])).not.toContain(SECRET);
		expect(world.notes.errors).toEqual([]);
	});
});

function expectRefused(refusals: readonly Refusal[], field: string, given: unknown): void {
	const named = expect.stringMatching(new RegExp(`\\b${field}\\b`));
	expect({ given, refusals }).toEqual({ given, refusals: [{ code: "invalid_frame", text: named }] });
}
