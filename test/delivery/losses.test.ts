import { expect, test } from "@jest/globals";
import { lose } from "../../src/delivery/membership.js";
import type { Head } from "../../src/delivery/records.js";
import { SessionDraft } from "../../src/delivery/SessionDraft.js";

const AT = { participantId: "v", endpointId: "e", connection: "c" };

/** A session whose visitor's endpoint has what was said up to `seen`, and may not be open yet. */
function openingAt(seen: number): Head {
	return {
		session: "t/a/s",
		rev: 1,
		seq: 8,
		last: { everyone: 8, staff: 8 },
		timeMs: 1,
		openedAt: 1,
		owner: "v",
		floor: { fence: 0 },
		participants: {
			v: { role: "visitor", connector: "widget", ref: "u", endpoints: { e: { attachedAt: 1, seen, connection: "c" } } },
		},
	};
}

// On API Gateway, where nothing is confirmed: what was pushed is taken to be had until its loss is told, in any order.
test.each([[[3, 8]], [[8, 3]], [[8, 3, 5]]])("of what is lost, the first is pushed again: %j", (lost) => {
	const draft = new SessionDraft(openingAt(2), 2);
	for (const seq of lost) lose(draft, AT, seq, undefined);
	expect(draft.head.participants.v?.endpoints.e).toMatchObject({ seen: 2, behind: true });
});

test("a loss that's told when the rest was about to be pushed again has it pushed again", () => {
	const draft = new SessionDraft(openingAt(2), 2);
	const endpoint = draft.head.participants.v?.endpoints.e;
	lose(draft, AT, 3, undefined);
	// It's pushed again from there; meanwhile the loss of a later one is told, then that of what was pushed again.
	delete endpoint?.behind;
	lose(draft, AT, 7, undefined);
	lose(draft, AT, 3, undefined);
	expect(endpoint).toMatchObject({ seen: 2, behind: true });
});

test("a loss that's told after the time to open leaves nothing out", () => {
	const draft = new SessionDraft(openingAt(2), 60_000);
	const endpoint = draft.head.participants.v?.endpoints.e;
	Object.assign(endpoint ?? {}, { seen: 6, behind: true });
	lose(draft, AT, 3, undefined);
	expect(endpoint).toMatchObject({ seen: 2, closedAt: 60_000 });
	expect(endpoint).not.toHaveProperty("connection");
});
