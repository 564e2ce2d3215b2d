import { RouterError } from "../../protocol/errors.js";
import type { Actor, CustomerActor, StaffActor } from "./Actor.js";
import { type Action, PERMISSIONS, type Permission, type Reach } from "./permissions.js";

/** What must be known of a record to tell whose it is. */
export type Subject =
	| { readonly kind: "customer"; readonly app: string; readonly customerId: string }
	| {
			readonly kind: "conversation";
			readonly app: string;
			readonly id: string;
			readonly customerId: string;
			readonly assignedAgentId?: string;
			/** None: of all departments. */
			readonly department?: string;
	  }
	| { readonly kind: "agent"; readonly app: string; readonly agentId: string }
	| { readonly kind: "app"; readonly app: string };

/** Whether the actor may do this with the record. Nobody may do anything in another app. */
export function may(actor: Actor, action: Action, subject: Subject): boolean {
	if (actor.app !== subject.app || PERMISSIONS[action].on !== subject.kind) return false;
	const reach = reachOf(actor, action);
	return reach === "all" || (reach === "own" && isOwn(actor, subject));
}

/** Throws `forbidden` where `may` says no. */
export function authorise(actor: Actor, action: Action, subject: Subject): void {
	if (!may(actor, action, subject)) throw new RouterError("forbidden", `${action} is not for this ${actor.role}.`);
}

/** With which records the actor may do this at all: a list shows those. */
export function reachOf(actor: Actor, action: Action): Reach {
	const permission: Permission = PERMISSIONS[action];
	if (actor.role !== "server") return permission[actor.role];
	return permission.server !== "none" && actor.scopes.includes(permission.server) ? "all" : "none";
}

function isOwn(actor: Actor, subject: Subject): boolean {
	if (actor.role === "server") return false;
	return actor.role === "customer" ? isCustomers(actor, subject) : isStaffs(actor, subject);
}

function isCustomers({ customerId, conversationId }: CustomerActor, subject: Subject): boolean {
	if (subject.kind === "customer") return subject.customerId === customerId;
	if (subject.kind !== "conversation" || subject.customerId !== customerId) return false;
	return conversationId === undefined || conversationId === subject.id;
}

function isStaffs({ agentId, departments }: StaffActor, subject: Subject): boolean {
	if (subject.kind === "agent") return subject.agentId === agentId;
	if (subject.kind !== "conversation") return false;
	if (subject.assignedAgentId === agentId) return true;
	return departments.length === 0 || subject.department === undefined || departments.includes(subject.department);
}
