import * as z from "zod/mini";
import { RouterError } from "../../protocol/errors.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { Accounts } from "../access/Accounts.js";
import type { Actor } from "../access/Actor.js";
import { password } from "../access/password.js";
import type { SignIn } from "../access/SignIn.js";
import { many, none, one } from "../http/answers.js";
import { listQuery } from "../http/listQuery.js";
import { route, theApp } from "../http/Route.js";
import { severalOf } from "../http/severalOf.js";
import { parseInput } from "../records/input.js";
import type { Agents } from "./Agents.js";
import type { Availability } from "./Availability.js";
import { AGENT_STATUSES, agentOf } from "./records.js";
import { agentSchemas } from "./schema.js";
import { agent } from "./shape.js";

export interface AgentServices {
	readonly agents: Agents;
	readonly accounts: Accounts;
	readonly availability: Availability;
	readonly signIn: Pick<SignIn, "confirm">;
	/** Forgets what was proved of somebody a moment ago. */
	readonly authentication: { forget(app: string, id: string): void };
}

const role = z.enum(["agent", "admin"]);
/** What the list of available agents shows at most. */
const MOST = 100;

/** The routes of agents. */
export function agentRoutes({ agents, accounts, availability, signIn, authentication }: AgentServices) {
	const { newAgent, agentChange, statusChange, agentFilter, need } = agentSchemas();
	const touched = ({ app, params }: { app: string; params: { id: string } }) =>
		({ kind: "agent", app, agentId: params.id }) as const;
	return [
		route({
			method: "post",
			path: "/agents",
			action: "agents.create",
			operationId: "createAgent",
			summary: "Make an agent",
			description:
				"They're offline at first. Without a `password` they can't sign in by one. API keys can give neither a password nor a role.",
			body: z.extend(newAgent, { role: z.optional(role), password: z.optional(password) }),
			answer: one(agent),
			status: 201,
			location: ({ id }) => `/agents/${id}`,
			throws: ["agent_email_taken"],
			idempotent: true,
			touches: theApp,
			handle({ app, actor, body: { role, password, ...profile } }) {
				if (role !== undefined || password !== undefined) assertPerson(actor);
				return accounts.create(app, profile, { role, password });
			},
		}),
		route({
			method: "get",
			path: "/agents/available",
			action: "agents.available",
			operationId: "listAvailableAgents",
			summary: "List who may be given a conversation now",
			description: `Online and under capacity; who has fewest conversations comes first. ${MOST} at most.`,
			query: z.strictObject({
				skill: z.optional(severalOf(z.string().check(z.maxLength(50)))),
				department: need.shape.department,
			}),
			answer: many(agent),
			touches: theApp,
			async handle({ app, query: { skill: skills, department } }) {
				const free = await availability.free(app, parseInput(need, { skills, department }));
				return { items: free.slice(0, MOST).map(agentOf) };
			},
		}),
		route({
			method: "get",
			path: "/agents",
			action: "agents.list",
			operationId: "listAgents",
			summary: "List agents",
			description: "The oldest first; of one status, who has fewest conversations first.",
			query: listQuery({ status: agentFilter.shape.status }),
			answer: many(agent),
			touches: theApp,
			async handle({ app, query }) {
				const page = await agents.list(app, query);
				return { items: page.agents, nextCursor: page.cursor };
			},
		}),
		route({
			method: "get",
			path: "/agents/:id",
			action: "agents.get",
			operationId: "getAgent",
			summary: "Get an agent",
			answer: one(agent),
			throws: ["agent_unknown"],
			touches: touched,
			handle: async ({ app, params }) => existing(await agents.get(app, params.id)),
		}),
		route({
			method: "put",
			path: "/agents/:id",
			action: "agents.update",
			operationId: "updateAgent",
			summary: "Change what is named of an agent",
			description: "`null` takes a field away.",
			body: agentChange,
			answer: one(agent),
			throws: ["agent_unknown", "agent_email_taken"],
			conditional: true,
			touches: touched,
			async handle({ app, params, body, rev }) {
				const changed = await agents.update(app, params.id, body, rev);
				authentication.forget(app, params.id);
				return changed;
			},
		}),
		route({
			method: "put",
			path: "/agents/:id/status",
			action: "agents.status",
			operationId: "setAgentStatus",
			summary: "Choose a status",
			description: `One of ${AGENT_STATUSES.join(", ")}. It counts as activity.`,
			body: statusChange,
			answer: one(agent),
			throws: ["agent_unknown"],
			touches: touched,
			handle: ({ app, params, body }) => availability.choose(app, params.id, body.status),
		}),
		route({
			method: "put",
			path: "/agents/:id/password",
			action: "agents.password",
			operationId: "setAgentPassword",
			summary: "Set a password",
			description: "Ends what the agent is signed in with. Whoever changes their own says their `current` one.",
			body: z.strictObject({ password, current: z.optional(nonEmpty(200)) }),
			answer: none,
			throws: ["agent_unknown", "credentials_invalid", "too_many_attempts"],
			touches: touched,
			async handle({ app, actor, params: { id }, body, address }) {
				if (actor.role !== "server" && actor.role !== "customer" && actor.agentId === id) {
					const { email } = existing(await agents.get(app, id));
					await signIn.confirm(app, { email, password: body.current ?? "" }, address);
				}
				await accounts.setPassword(app, id, body.password);
				authentication.forget(app, id);
			},
		}),
		route({
			method: "put",
			path: "/agents/:id/role",
			action: "agents.role",
			operationId: "setAgentRole",
			summary: "Make somebody an admin, or an agent again",
			description: "Ends what they are signed in with.",
			body: z.strictObject({ role }),
			answer: none,
			throws: ["agent_unknown"],
			touches: touched,
			async handle({ app, params: { id }, body }) {
				await accounts.setRole(app, id, body.role);
				authentication.forget(app, id);
			},
		}),
		route({
			method: "post",
			path: "/agents/:id/revoke",
			action: "agents.revoke",
			operationId: "revokeAgent",
			summary: "End everything that an agent is signed in with",
			description: "Their open sockets are closed.",
			answer: none,
			throws: ["agent_unknown"],
			touches: touched,
			async handle({ app, params: { id } }) {
				await accounts.revoke(app, id);
				authentication.forget(app, id);
			},
		}),
	] as const;
}

function existing<T>(found: T | undefined): T {
	if (found === undefined) throw new RouterError("agent_unknown");
	return found;
}

/** A key must not make somebody who may do more than the key. */
function assertPerson({ role }: Actor): void {
	if (role === "server") throw new RouterError("forbidden", "API keys can give neither a password nor a role.");
}
