import fc from "fast-check";
import type { Bot } from "./Bot.js";
import type { Notice, Person } from "./Person.js";
import type { Talk } from "./Talk.js";

/** Something that happens; where it can't, nothing does. */
export type Step =
	| { readonly visitor: VisitorDoes; readonly tab: 0 | 1; readonly notice: Notice }
	| { readonly agent: AgentDoes; readonly who: 0 | 1; readonly notice: Notice }
	| {
			readonly bot: "answers" | "fails" | "hands over" | "asks for a person";
			readonly expert: boolean;
			readonly which: number;
	  }
	| { readonly invited: boolean }
	| { readonly passes: number }
	| { readonly dies: 0 | 1 }
	| { readonly notices: "come" };

/** `says, cut off`: the line breaks before it can be acknowledged. */
type VisitorDoes = "says" | "says twice" | "says, cut off" | "comes" | "leaves";
type AgentDoes = "comes" | "barges in" | "barges out" | "speaks" | "leaves" | "is lost";

const SECOND_MS = 1_000;

const notice = fc.constantFrom<Notice>("now", "now", "late", "never");
const one = fc.constantFrom<0 | 1>(0, 1);
// Each agent's step begins with whatever must be before it, so that few are idle and the schedules go deep.
const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			visitor: fc.constantFrom<VisitorDoes>("says", "says", "says", "says twice", "says, cut off", "comes", "leaves"),
			tab: fc.constantFrom<0 | 1>(0, 0, 1),
			notice,
		}),
	},
	{
		weight: 6,
		arbitrary: fc.record({
			agent: fc.constantFrom<AgentDoes>(
				"comes",
				"barges in",
				"barges in",
				"barges in",
				"barges out",
				"barges out",
				"speaks",
				"speaks",
				"leaves",
				"is lost",
				"is lost",
			),
			who: one,
			notice,
		}),
	},
	{
		weight: 5,
		arbitrary: fc.record({
			bot: fc.constantFrom<"answers" | "fails" | "hands over" | "asks for a person">(
				"answers",
				"answers",
				"answers",
				"fails",
				"hands over",
				"asks for a person",
			),
			expert: fc.boolean(),
			which: fc.nat(2),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ invited: fc.boolean() }) },
	{
		weight: 2,
		arbitrary: fc.record({
			passes: fc.constantFrom(10 * SECOND_MS, 10 * SECOND_MS, 10 * SECOND_MS, 25 * SECOND_MS, 61 * SECOND_MS),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ dies: one }) },
	{ weight: 1, arbitrary: fc.record({ notices: fc.constant<"come">("come") }) },
);

/** Some steps at the same instant, and whether things come to rest before the next ones. */
export interface Instant {
	readonly steps: readonly Step[];
	readonly calm: boolean;
}

export const schedule: fc.Arbitrary<readonly Instant[]> = fc.array(
	fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 4 }), calm: fc.boolean() }),
	{ maxLength: 16, size: "max" },
);

export async function happen(talk: Talk, step: Step): Promise<void> {
	if ("visitor" in step) return visitorDoes(talk, talk.tabs[step.tab], step);
	if ("agent" in step) return agentDoes(talk, talk.agents[step.who], step.agent, step.notice);
	if ("bot" in step) return botDoes(step.expert ? talk.expert : talk.bot, step.bot, step.which);
	if ("invited" in step) return talk.expert.invited.shift()?.(step.invited);
	if ("passes" in step) return talk.pass(step.passes);
	if ("dies" in step) return talk.die(step.dies);
	return talk.tellLate();
}

async function visitorDoes(
	talk: Talk,
	tab: Person,
	{ visitor, notice }: Extract<Step, { visitor: string }>,
): Promise<void> {
	if (visitor === "leaves") return talk.lose(tab, notice);
	await tab.come();
	if (visitor === "comes") return;
	const saying = tab.say(talk.text(tab), visitor === "says twice");
	if (visitor === "says, cut off") {
		await talk.at.aWhile();
		await talk.lose(tab, notice);
	}
	await saying;
}

async function agentDoes(talk: Talk, agent: Person, does: AgentDoes, notice: Notice): Promise<void> {
	if (does === "is lost") return talk.lose(agent, notice);
	await agent.come();
	if (does === "speaks") await agent.say(talk.text(agent));
	else if (does === "barges in") await agent.send({ event: "barge in", sender: { displayName: agent.name } });
	else if (does === "barges out") await agent.send({ event: "barge out" });
	else if (does === "leaves") await agent.leave();
}

function botDoes(bot: Bot, does: Extract<Step, { bot: string }>["bot"], which: number): void {
	// Not always the newest call: an older one comes too late, or its process is dead.
	const [call] = bot.held.splice(Math.max(0, bot.held.length - 1 - which), 1);
	if (!call) return;
	const answer = bot.say(call.seq);
	if (does === "answers") call.answer(answer);
	else if (does === "fails") call.fail(new Error("the bot is ill"));
	else call.answer({ ...answer, handOff: { target: does === "hands over" ? "expert" : "a person" } });
}
