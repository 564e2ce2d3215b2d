import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DEPLOYMENTS } from "./Deployment.js";
import { FloorReading } from "./FloorReading.js";
import { size } from "./size.js";
import { type Setting, Talk } from "./Talk.js";
import { Watch } from "./talkChecks.js";
import { happen, type Instant, type Step, schedule } from "./talkSteps.js";

const says = { visitor: "says", tab: 0, notice: "now" } as const;
const bot = { bot: "answers", expert: false, which: 0 } as const;
const bargesIn = { agent: "barges in", who: 0, notice: "now" } as const;
const isLost = { agent: "is lost", who: 0, notice: "never" } as const;
const passes = { passes: 10_000 } as const;

/** Schedules that are always played, each of its steps at an instant of its own. */
const ALWAYS: readonly (readonly Step[])[] = [
	// The look that was due for the first question comes while the second one's turn is under way.
	[says, passes, says, bot, passes],
	// The agent goes without a notice, as soon as the floor is theirs.
	[says, bargesIn, isLost],
	[bargesIn, isLost, says],
	// The expert hands over to itself.
	[says, { ...bot, bot: "hands over" }, { invited: true }, says, { ...bot, bot: "hands over", expert: true }],
	...Array.from({ length: 8 }, () => [{ visitor: "says, cut off", tab: 0, notice: "now" } as const]),
];

async function play(setting: Setting, instants: readonly Instant[]): Promise<void> {
	const talk = new Talk(setting);
	const watch = new Watch(talk);
	while (!(await talk.tabs[0].settle()));
	for (const { steps, calm } of instants) {
		await Promise.all(steps.map((step) => happen(talk, step)));
		if (calm) await talk.calm();
		await watch.check();
	}
	await watch.end();
}

describe("invariant 4: one answerer holds the floor, and invariants 1, 2 and 3 with it", () => {
	test.each(DEPLOYMENTS)(
		"whoever comes, goes, answers, hangs or dies at the same instant, on %s",
		async (kind) => {
			const setting = fc.record({
				kind: fc.constant(kind),
				numbered: fc.boolean(),
				faulty: fc.boolean(),
				seed: fc.integer(),
			});
			const always = ALWAYS.map((steps, seed): [Setting, Instant[]] => [
				{ kind, numbered: true, faulty: true, seed },
				steps.map((step) => ({ steps: [step], calm: true })),
			]);
			await fc.assert(fc.asyncProperty(setting, schedule, play), {
				numRuns: size(100),
				examples: always,
				endOnFailure: false,
			});
		},
		300_000,
	);

	test("an agent whose end another process saw, and died before it could note, gives the floor back", async () => {
		const talk = new Talk({ kind: "API Gateway", numbered: true, faulty: false, seed: 1 });
		const [tab] = talk.tabs;
		const [agent] = talk.agents;
		while (!(await tab.settle()));
		await happen(talk, says);
		await happen(talk, bargesIn);
		await talk.calm();
		// The process that is told forgets the connection; everybody else still knows it.
		const [witness, other] = talk.at.all;
		talk.at.drop(agent.connection);
		talk.at.beforeTransact = () => witness?.die();
		await witness?.during((office) => office.disconnect(agent.connection));
		talk.at.beforeTransact = undefined;
		talk.bot.isPrompt = true;
		for (let minute = 0; minute < 8; minute++) {
			talk.at.clock.advance(60_000);
			await other?.during((office) => office.sweep());
		}
		await talk.calm();
		const reading = new FloorReading("bot").read(await talk.log());
		expect(reading).toMatchObject({ answerer: "bot", pending: [], people: new Set() });
	});
});
