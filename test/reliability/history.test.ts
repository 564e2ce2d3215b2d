import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Entry } from "../../src/protocol/envelope.js";
import { check, VIOLATIONS, type ViolationKind } from "./check.js";
import { GoodHistory, SESSION, type Step } from "./goodHistory.js";
import { type Event, History } from "./history.js";
import { size } from "./size.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Breaks a good history in one way; `pick` chooses where. */
type Break = (history: GoodHistory, pick: <T>(from: readonly T[]) => T) => void;

function mutable<T>(value: T): Mutable<T> {
	return value;
}

/** The events that entries and numbers stand in. */
function shown(history: GoodHistory) {
	return history.of("shown");
}

function remove(history: GoodHistory, event: Event): void {
	history.events.splice(history.events.indexOf(event), 1);
}

function isSaid({ from }: Entry): boolean {
	return from.role !== "answerer";
}

const BREAKS: Record<ViolationKind, readonly Break[]> = {
	lost: [
		(history) => {
			const said = { reader: "phone", session: SESSION, messageId: "gone" };
			history.note({ type: "sent", ...said, digest: "any" });
			history.note({ type: "acknowledged", ...said, seq: history.log.length + 1, timeMs: 1 });
		},
	],
	wrongAck: [
		(history, pick) => mutable(pick(history.of("acknowledged"))).seq++,
		(history, pick) => mutable(pick(history.of("acknowledged"))).timeMs--,
		(history, pick) => {
			const event = pick(history.of("acknowledged"));
			history.note({ ...event, seq: event.seq + 1 });
		},
	],
	phantom: [
		(history, pick) => {
			const newest = history.log.length;
			history.note({ ...pick(shown(history)), seq: newest + 1 });
		},
	],
	altered: [
		(history, pick) => {
			const { messageId } = pick(history.log.filter(isSaid));
			for (const event of history.of("sent")) if (event.messageId === messageId) mutable(event).digest = "other";
		},
	],
	invented: [
		(history, pick) => {
			history.append(history.aliasOf(pick(history.readers)), "Nobody said this", { messageId: "made-up" });
		},
	],
	doubled: [
		(history, pick) => {
			const { from, content, messageId } = pick(history.log.filter(isSaid));
			if (content.type === "message") history.append(from, content.text, { messageId });
		},
	],
	hole: [
		(history, pick) => {
			const { seq: from } = pick(history.log);
			for (const entry of history.log) if (entry.seq >= from) mutable(entry).seq++;
			for (const event of history.events.map(mutable)) {
				if ("seq" in event && event.seq >= from) event.seq++;
				if ("prev" in event && event.prev >= from) event.prev++;
			}
		},
	],
	backwards: [
		(history, pick) => {
			const { seq, messageId } = pick(history.log.slice(1));
			const [before, entry] = history.log.slice(seq - 2, seq);
			const timeMs = before?.timeMs ?? 0;
			if (entry) mutable(entry).timeMs = timeMs;
			for (const event of history.of("acknowledged")) if (event.messageId === messageId) mutable(event).timeMs = timeMs;
		},
	],
	misread: [
		(history, pick) => {
			mutable(pick(shown(history))).digest = "other";
		},
		(history, pick) => {
			mutable(pick(shown(history))).messageId = "other";
		},
		(history, pick) => {
			mutable(pick(shown(history))).from = "other";
		},
	],
	wrongPrev: [(history, pick) => mutable(pick(shown(history))).prev--],
	disorder: [
		(history, pick) => {
			const { reader } = pick(shown(history));
			const [first, second] = shown(history)
				.filter((event) => event.reader === reader)
				.slice(-2);
			if (!first || !second) throw new Error("Each reader is shown two entries.");
			remove(history, first);
			history.events.push(first);
		},
	],
	repeated: [(history, pick) => history.events.push(pick(shown(history)))],
	missed: [(history, pick) => remove(history, pick(shown(history).filter(({ own }) => !own)))],
	unrecovered: [
		(history, pick) => {
			mutable(pick(history.of("resumed"))).recovered = false;
		},
	],
	foreign: [
		(history, pick) => {
			const note = history.log.find(({ audience }) => audience === "staff");
			const event = pick(shown(history).filter(({ reader }) => reader !== "desk"));
			if (note) history.note({ ...event, type: "repeated", seq: note.seq });
		},
		(history, pick) => history.note({ ...pick(shown(history)), reader: "stranger" }),
		(history, pick) => history.note({ ...pick(shown(history)), session: "session-2" }),
	],
	wrongOwn: [
		(history, pick) => {
			const event = mutable(pick(shown(history)));
			event.own = !event.own;
		},
	],
};

const reader = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({ type: fc.constant("say" as const), reader, ackIsLost: fc.boolean() }),
	fc.constantFrom<Step>({ type: "note" }, { type: "answer" }),
	fc.record({ type: fc.constant("drop" as const), reader }),
	fc.record({ type: fc.constant("resume" as const), reader, again: fc.boolean() }),
);
/** Enough for each way of breaking it. */
const LEAST: readonly Step[] = [
	{ type: "say", reader: 0, ackIsLost: false },
	{ type: "note" },
	{ type: "say", reader: 2, ackIsLost: false },
	{ type: "answer" },
	{ type: "say", reader: 1, ackIsLost: true },
];
const conversation = fc.array(step, { maxLength: 25 }).map((steps) => [...LEAST, ...steps]);

function kinds(history: History): ViolationKind[] {
	return [...new Set(check(history).map(({ kind }) => kind))];
}

describe("the checker that invariants 1, 2, 3 and 5 are judged by", () => {
	test("finds nothing wrong in a history as it must be", () => {
		fc.assert(fc.property(conversation, (steps) => expect(check(new GoodHistory(steps))).toEqual([])));
		expect(check(new History())).toEqual([]);
	});

	const breaks = Object.entries(BREAKS).flatMap(([kind, list]) =>
		list.map((damage, index) => ({ kind: kind as ViolationKind, damage, way: `${kind} ${index + 1}` })),
	);
	test.each(breaks)("finds what's broken, and nothing else: $way", ({ kind, damage }) => {
		const places = fc.infiniteStream(fc.nat());
		const property = fc.property(conversation, places, (steps, place) => {
			const history = new GoodHistory(steps);
			damage(history, (from) => {
				const picked = from[place.next().value % from.length];
				if (picked === undefined) throw new Error("There's nothing to break.");
				return picked;
			});
			expect(kinds(history)).toEqual([kind]);
		});
		fc.assert(property, { numRuns: size(50) });
	});

	test("knows a way to break each thing that it looks for", () => {
		expect(Object.keys(BREAKS).sort()).toEqual(Object.keys(VIOLATIONS).sort());
	});

	test("finds a log that is gone as a whole", () => {
		const history = new GoodHistory(LEAST);
		history.logs.clear();
		expect(kinds(history)).toEqual(expect.arrayContaining(["lost", "phantom"]));
	});

	test("asks of a reader who went away only for what it was told to have", () => {
		const history = new GoodHistory(LEAST);
		const gone = history.events.filter(({ reader, type }) => reader === "desk" && type === "resumed");
		for (const event of gone) remove(history, event);
		const [first] = shown(history).filter(({ reader }) => reader === "desk");
		if (first) remove(history, first);
		expect(check(history, { partial: true })).toEqual([]);
		history.note({ type: "resumed", reader: "desk", session: SESSION, recovered: true, seq: 1 });
		expect(check(history, { partial: true }).map(({ kind }) => kind)).toEqual(["missed"]);
	});

	test("asks of a reader who had a part already only for the rest", () => {
		const history = new GoodHistory(LEAST);
		const late = { name: "late", session: SESSION, role: "agent", user: "eve", since: history.log.length - 1 } as const;
		history.readers.push(late);
		expect(check(history).map(({ detail }) => detail)).toEqual([expect.stringMatching(/^late .* 5 /)]);
	});
});
