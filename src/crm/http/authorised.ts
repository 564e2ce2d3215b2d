import { isPromise } from "../../delivery/isPromise.js";
import { type ErrorCode, RouterError } from "../../protocol/errors.js";
import type { Actor } from "../access/Actor.js";
import { may, reachOf, type Subject } from "../access/authorise.js";
import { type Action, OPEN_ROUTES, type OpenAction } from "../access/permissions.js";
import type { Listing } from "../lists/Listing.js";
import type { ApiPorts } from "./ApiPorts.js";
import { audited } from "./audited.js";
import type { AnyRoute, Asked, Each } from "./Route.js";

const OPEN: ReadonlySet<string> = new Set(OPEN_ROUTES);

/** Customers are told of others' records what they'd be told if there were none. */
const UNKNOWN: Readonly<Record<Subject["kind"], ErrorCode>> = {
	customer: "customer_unknown",
	conversation: "conversation_unknown",
	agent: "agent_unknown",
	app: "forbidden",
};

/**
 * Whether somebody may do this at all, before anything is read or checked: so that who may not learns nothing.
 * Throws `token_required`, `forbidden`.
 */
export function assertMayEver(action: Action | OpenAction, actor: Actor | undefined): void {
	if (isOpen(action)) return;
	if (!actor) throw new RouterError("token_required");
	if (reachOf(actor, action) === "none") throw forbidden(action, actor);
}

/**
 * Serves a route for who may: this is the only place where a route's handler is called. What the route touches is
 * authorised first; of a list, each item. What changes something is noted in the audit trail. `asked` gets the
 * record. Throws `forbidden`; for customers, that there's no such record.
 */
export async function served(
	route: AnyRoute,
	asked: Asked<Actor | undefined>,
	audit: ApiPorts["audit"],
): Promise<unknown> {
	const { action, touches } = route;
	const { actor } = asked;
	assertMayEver(action, actor);
	const known = Object.assign(asked, { record: await route.record?.(asked) });
	if (isOpen(action)) return route.handle(known);
	if (!actor || !touches) throw new RouterError("token_required");
	if (isEach(touches)) {
		const { items, nextCursor } = (await route.handle(known)) as Listing<unknown>;
		return { items: items.filter((item) => may(actor, action, touches.each(item))), nextCursor };
	}
	const found = touches(known);
	const subject = isPromise(found) ? await found : found;
	if (!may(actor, action, subject)) {
		throw actor.role === "customer" && subject.kind !== "app"
			? new RouterError(route.unknown ?? UNKNOWN[subject.kind])
			: forbidden(action, actor);
	}
	return audited(audit, route, known, actor, subject, () => route.handle(known));
}

/** Whether nobody needs to be somebody for it. */
export function isOpen(action: Action | OpenAction): action is OpenAction {
	return OPEN.has(action);
}

function isEach(touches: NonNullable<AnyRoute["touches"]>): touches is Each<unknown> {
	return typeof touches === "object";
}

function forbidden(action: string, { role }: Actor): RouterError {
	return new RouterError("forbidden", `${action} is not for this ${role}.`);
}
