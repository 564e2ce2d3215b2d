import { networkOf } from "../../protocol/networkOf.js";
import type { Actor, CustomerActor } from "../access/Actor.js";
import type { Subject } from "../access/authorise.js";
import type { AuditTrail } from "../audit/AuditTrail.js";
import type { AuditEntry } from "../audit/records.js";
import { problemOf } from "./problem.js";
import type { AnyRoute, Asked } from "./Route.js";

/** Noted before they're done, or not done. */
const FIRST: ReadonlySet<string> = new Set(["customers.erase", "customers.export", "customers.merge"]);
/** They change nothing that anybody else sees. */
const LEFT_OUT: ReadonlySet<string> = new Set(["session.connectTicket"]);
/** What an id of ours looks like. Anything else in a path may be somebody's address. */
const ID = /^[\w.-]{1,200}$/;

type Trail = Pick<AuditTrail, "append" | "note">;

/** Does a request of a route, and has it noted if staff or a server changes something by it, or takes a customer's data out. */
export function audited(
	trail: Trail,
	route: Pick<AnyRoute, "method" | "action">,
	asked: Asked<unknown>,
	actor: Actor,
	subject: Subject,
	work: () => unknown,
): unknown {
	if (actor.role === "customer" || !isAudited(route)) return work();
	return noted(trail, route.action, { ...asked, actor }, subject, work);
}

/** An export or an erasing is noted before it begins; what else is done, afterwards. */
async function noted(
	trail: Trail,
	action: string,
	asked: Asked<Exclude<Actor, CustomerActor>>,
	subject: Subject,
	work: () => unknown,
): Promise<unknown> {
	const { app, actor, requestId, address } = asked;
	const id = actor.role === "server" ? actor.keyId : actor.agentId;
	const entry = {
		actor: { role: actor.role, id },
		action,
		subject: subjectOf(action, asked, subject),
		requestId,
		network: wideNetworkOf(address),
	} as const;
	if (FIRST.has(action)) {
		await trail.append(app, { ...entry, outcome: "begun" });
		const { from } = Object(asked.body) as { readonly from?: unknown };
		// Both are to be found by their ids.
		if (action === "customers.merge" && typeof from === "string") {
			await trail.append(app, { ...entry, subject: { kind: "customer", id: safe(from) }, outcome: "begun" });
		}
		return work();
	}
	let content: unknown;
	try {
		content = await work();
	} catch (error) {
		// Whether it was done isn't known.
		if (problemOf(error, requestId).status >= 500) await trail.note(app, { ...entry, outcome: "failed" });
		throw error;
	}
	await trail.note(app, { ...entry, subject: made(action, content) ?? entry.subject, outcome: "done" });
	return content;
}

/** So that an entry tells a region and a provider, and no household. */
export function wideNetworkOf(address: string): string | undefined {
	const network = networkOf(address);
	if (/^(\d{1,3}\.){3}\d{1,3}$/.test(network)) return network.replace(/\d+$/, "0/24");
	return network.includes(":") ? `${network.split(":").slice(0, 3).join(":")}::/48` : undefined;
}

function isAudited({ method, action }: Pick<AnyRoute, "method" | "action">): boolean {
	return FIRST.has(action) || (method !== "get" && !LEFT_OUT.has(action));
}

function subjectOf(action: string, { params }: Asked<unknown>, subject: Subject): AuditEntry["subject"] {
	if (subject.kind === "customer") return { kind: "customer", id: safe(subject.customerId) };
	if (subject.kind === "conversation") return { kind: "conversation", id: safe(subject.id) };
	if (subject.kind === "agent") return { kind: "agent", id: safe(subject.agentId) };
	const { id } = Object(params) as { readonly id?: string };
	return id === undefined ? { kind: "app", id: subject.app } : { kind: kindOf(action), id: safe(id) };
}

function made(action: string, content: unknown): AuditEntry["subject"] | undefined {
	const { id } = Object(content) as { readonly id?: unknown };
	if (!action.endsWith(".create") || typeof id !== "string") return undefined;
	return { kind: kindOf(action), id: safe(id) };
}

/** `customers.create`: a customer. */
function kindOf(action: string): string {
	return action.slice(0, action.indexOf(".")).replace(/s$/, "");
}

function safe(id: string): string | undefined {
	return ID.test(id) ? id : undefined;
}
