import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { may } from "../../../src/crm/access/authorise.js";
import { belongingOf } from "../../../src/crm/conversations/belonging.js";
import { eventually } from "../../support/eventually.js";
import type { Client } from "../../support/office.js";
import { APP, agentId, type DeskClient, DeskGiven } from "./given.js";

const AGENTS = [
	["ada", { role: "admin" }],
	["cara", { departments: ["care"] }],
	["sam", { departments: ["sales"] }],
	["all", {}],
] as const;

const conversation = fc.nat(3);
const agent = fc.nat(AGENTS.length - 1);
const step = fc.oneof(
	{ weight: 4, arbitrary: fc.record({ does: fc.constant("say"), conversation }) },
	{
		weight: 2,
		arbitrary: fc.record({
			does: fc.constant("department"),
			conversation,
			to: fc.constantFrom("care", "sales", undefined),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ does: fc.constant("assign"), conversation, agent }) },
	{ weight: 1, arbitrary: fc.record({ does: fc.constant("close"), conversation }) },
	{ weight: 1, arbitrary: fc.record({ does: fc.constant("seen"), conversation }) },
	{ weight: 2, arbitrary: fc.record({ does: fc.constant("drop"), agent }) },
	{ weight: 2, arbitrary: fc.record({ does: fc.constant("return"), agent }) },
	{ weight: 2, arbitrary: fc.record({ does: fc.constant("pause"), ms: fc.nat(30) }) },
);
type Step = { does: string; conversation?: number; agent?: number; to?: string; ms?: number };

/** A post office, its agents' desks, and what happens there. */
class Play {
	readonly given: DeskGiven;
	private readonly visitors: Client[] = [];
	private readonly desks: DeskClient[] = [];
	private readonly away = new Set<number>();

	constructor(isShared: boolean) {
		this.given = new DeskGiven({ gapMs: 5, isShared });
	}

	async begin(): Promise<void> {
		for (const [name, is] of AGENTS) this.desks.push(await this.given.subscriber(name, is));
		for (const desk of this.desks) desk.read();
		for (let i = 0; i < 4; i++) this.visitors.push(await this.given.asking("Hello"));
	}

	async take({ does, conversation = 0, agent = 0, to, ms = 0 }: Step): Promise<void> {
		const { given } = this;
		const visitor = this.visitors[conversation];
		const id = visitor?.sessionId ?? "";
		const current = await given.conversations.get(APP, id);
		if (does === "say") await visitor?.say("More");
		if (does === "department") await given.store.change(APP, id, undefined, () => ({ department: to }));
		if (does === "assign") await given.move(id, { department: current.department, agent: AGENTS[agent]?.[0] });
		if (does === "close") await given.store.change(APP, id, undefined, () => ({ status: "closed" }));
		if (does === "seen") await given.conversations.seen(APP, id);
		if (does === "pause") await new Promise((resolve) => setTimeout(resolve, ms));
		if (does === "drop" && !this.away.has(agent)) {
			this.away.add(agent);
			this.desks[agent]?.read();
			await this.desks[agent]?.client.drop();
		}
		if (does === "return") await this.comeBack(agent);
	}

	async end(): Promise<void> {
		for (const [i] of AGENTS.entries()) await this.comeBack(i);
		for (const [i, [name, is]] of AGENTS.entries()) {
			await eventually(async () => {
				const desk = this.desks[i];
				expect(desk?.read()).toBe(false);
				const actor = { role: "agent", app: APP, agentId: agentId(name), departments: [], ...is } as const;
				const truth = new Map<string, unknown>();
				for (const { sessionId } of this.visitors) {
					const now = await this.given.conversations.get(APP, sessionId);
					if (!may(actor, "conversations.list", belongingOf(now))) continue;
					const { status, messageCount, unreadCount, assignedAgentId, rev, preview } = now;
					truth.set(sessionId, { status, messageCount, unreadCount, assignedAgentId, rev, preview });
				}
				const shown = [...(desk?.shown ?? [])].map(
					([id, { status, messageCount, unreadCount, assignedAgentId, rev, preview }]) =>
						[id, { status, messageCount, unreadCount, assignedAgentId, rev, preview }] as const,
				);
				expect(new Map(shown)).toEqual(truth);
			});
		}
		expect(this.given.at.notes.errors).toEqual([]);
		await this.given.close();
	}

	/** By the newest cursor that it has; nothing is lost by that. */
	private async comeBack(agent: number): Promise<void> {
		if (!this.away.delete(agent)) return;
		await this.desks[agent]?.reconnect();
	}
}

test.each([
	["in one process", false],
	["in several", true],
])(
	"%s, whatever happens, and whoever is away meanwhile: in the end each desk shows what its agent may see, as it is",
	async (_, isShared) => {
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
				const play = new Play(isShared);
				await play.begin();
				for (const each of steps) await play.take(each);
				await play.end();
			}),
			{ numRuns: 25 },
		);
	},
	120_000,
);
