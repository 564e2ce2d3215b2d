import { expect, test } from "@jest/globals";
import { type Activity, countAll, noActivity } from "../../src/crm/conversations/activity.js";
import { statisticsOf } from "../../src/crm/messages/statistics.js";
import type { Attachment, Audience, Content, Entry, Role } from "../../src/protocol/envelope.js";

const OPENED = Date.parse("2026-11-25T09:00:00.000Z");

/** What was said, `afterS` seconds after the conversation was opened. */
type Said = readonly [afterS: number, role: Role, audience?: Audience, content?: Content];

function statistics(said: readonly Said[], closedAfterS?: number) {
	const activity: Activity = noActivity();
	for (const [i, [afterS, role, audience = "everyone", content = WORDS]] of said.entries()) {
		const entry: Entry = {
			session: "t/shop/c",
			seq: i + 1,
			prev: { everyone: i, staff: i },
			messageId: `m${i}`,
			timeMs: OPENED + afterS * 1000,
			from: { id: role, role },
			audience,
			content,
		};
		countAll(activity, [entry]);
		// What comes again isn't counted again.
		countAll(activity, [entry]);
	}
	const at = (ms: number) => new Date(ms).toISOString();
	const closedAt = closedAfterS === undefined ? undefined : at(OPENED + closedAfterS * 1000);
	return statisticsOf({ id: "c", createdAt: at(OPENED), closedAt }, activity);
}

const WORDS: Content = { type: "message", text: "x" };
const FILE: Attachment = { url: "/files/a.png" };

test("count what each side said, and files, but neither notes nor what only bots are told", () => {
	const files: Content = { type: "message", text: "", attachments: [FILE, FILE] };
	expect(
		statistics([
			[1, "visitor", "answerers", { type: "launch", request: { type: "LAUNCH_REQUEST" } }],
			[2, "answerer"],
			[5, "visitor"],
			[7, "answerer"],
			[10, "visitor", "everyone", files],
			[12, "agent", "staff", files],
			[20, "agent", "everyone", { type: "joined" }],
			[30, "agent", "everyone", files],
			[40, "visitor", "everyone", { type: "rated", rating: 5 }],
		]),
	).toEqual({
		conversationId: "c",
		messages: 5,
		bySender: { customer: 2, agent: 1, bot: 2 },
		attachments: 4,
		firstResponseSeconds: 25,
		firstAnswerSeconds: 2,
		responses: 1,
		averageResponseSeconds: 25,
		resolutionSeconds: undefined,
		durationSeconds: 28,
		firstMessageAt: "2026-11-25T09:00:02.000Z",
		lastMessageAt: "2026-11-25T09:00:30.000Z",
	});
});

test("average how long the customer waited each time, from the first message that wasn't answered", () => {
	const said: Said[] = [
		[0, "agent"],
		[10, "visitor"],
		[15, "visitor"],
		[40, "agent"],
		[41, "agent"],
		[100, "visitor"],
		[110, "agent"],
		[200, "visitor"],
	];
	expect(statistics(said, 260)).toMatchObject({
		firstResponseSeconds: 30,
		responses: 2,
		averageResponseSeconds: 20,
		resolutionSeconds: 260,
		durationSeconds: 200,
	});
});

test("say nothing of what hasn't been", () => {
	const none = statistics([]);
	expect(none).toMatchObject({
		messages: 0,
		bySender: { customer: 0, agent: 0, bot: 0 },
		attachments: 0,
		responses: 0,
	});
	expect(Object.entries(none).flatMap(([field, value]) => (value === undefined ? [field] : []))).toEqual([
		"firstResponseSeconds",
		"firstAnswerSeconds",
		"averageResponseSeconds",
		"resolutionSeconds",
		"durationSeconds",
		"firstMessageAt",
		"lastMessageAt",
	]);
});
