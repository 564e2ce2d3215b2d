import type { Context, HonoRequest } from "hono";
import * as z from "zod";
import { newId } from "../../delivery/identity.js";
import { networkOf } from "../../protocol/networkOf.js";
import type { Actor } from "../access/Actor.js";
import type { Listing } from "../lists/Listing.js";
import { type ApiEnv, type ApiPorts, BASE } from "./ApiPorts.js";
import type { Authenticated, Credentials } from "./Authentication.js";
import type { Download } from "./answers.js";
import { assertMayEver, isOpen, served } from "./authorised.js";
import { etagOf, revOf } from "./headers.js";
import type { Answered } from "./idempotency/Idempotency.js";
import type { RateLimit } from "./RateLimit.js";
import type { AnyRoute } from "./Route.js";
import { bodyOf } from "./requestBody.js";
import { type Streamed, streamed } from "./streaming.js";
import { checked, InvalidRequest } from "./wrongFields.js";

const NOTHING = z.strictObject({});
const BODYLESS = NOTHING.optional();
/** An id in a path: a message's is its conversation's with a number. */
const id = z.string().min(1).max(250);
const APP_ID = z.string().max(64).optional();
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

export interface Limits {
	readonly address: RateLimit;
	readonly actor: RateLimit;
}

/** What a route answers to a request: who asks is proved, may do it, and asks for what can be understood. */
export async function answered(
	route: AnyRoute,
	context: Context<ApiEnv>,
	{ authentication, idempotency, active, audit }: ApiPorts,
	limits: Limits,
	requestId: string,
): Promise<Answered | Streamed> {
	const { req } = context;
	const address = context.env?.address ?? "unknown";
	limits.address.take(networkOf(address));
	const { appId, ...query } = queryOf(context);
	const meant = checked("query", APP_ID, appId);
	// Who comes to get a new token may still send the old one along.
	const who = await authentication.of(
		isOpen(route.action) ? { appId: meant } : { ...credentialsOf(req), appId: meant },
	);
	const { app, actor, until } = who;
	if (actor) limits.actor.take(`${app}/${nameOf(actor)}`);
	if (actor && actor.role !== "customer" && actor.role !== "server") active?.(actor);
	assertMayEver(route.action, actor);

	const asked = {
		app,
		actor,
		until,
		params: paramsOf(context),
		query: checked("query", route.query ?? NOTHING, query),
		body: checked("body", route.body ?? BODYLESS, await bodyOf(req)),
		rev: route.conditional ? revOf(req.header("if-match")) : undefined,
		address,
		requestId,
	};
	const work = (made: string) => served(route, { ...asked, newId: made }, audit);
	if (route.answer.kind === "lines") {
		return streamed((await work(newId())) as Download<unknown>, route.status ?? 200);
	}
	const done = async (made: string) => answerOf(route, await work(made));
	const key = route.idempotent ? req.header("idempotency-key") : undefined;
	if (key === undefined) return done(newId());
	if (!IDEMPOTENCY_KEY.test(key)) {
		const message = "must be 1 to 255 characters of ASCII, without blanks";
		throw new InvalidRequest([{ in: "header", field: "Idempotency-Key", message }]);
	}
	const content = JSON.stringify([route.method, req.path, asked.query, asked.body]);
	const { isReplayed, ...answer } = await idempotency.run({ app, sender: senderOf(who), key, content }, done);
	return isReplayed ? { ...answer, headers: { ...answer.headers, "Idempotency-Replayed": "true" } } : answer;
}

function credentialsOf(req: HonoRequest): Credentials {
	return {
		authorization: req.header("authorization"),
		apiKey: req.header("x-api-key"),
		identityId: req.header("x-identity-id"),
		identityHmac: req.header("x-identity-hmac"),
	};
}

function answerOf({ answer, status = 200, location }: AnyRoute, content: unknown): Answered {
	if (answer.kind === "none") return { status: 204, headers: {}, body: "" };
	const json = { "Content-Type": "application/json" };
	if (answer.kind === "many") {
		const { items, nextCursor } = content as Listing<unknown>;
		return { status, headers: json, body: JSON.stringify({ data: items, nextCursor }) };
	}
	const { rev } = content as { readonly rev?: unknown };
	const headers = {
		...json,
		...(typeof rev === "number" && { ETag: etagOf(rev) }),
		...(location && { Location: BASE + location(content) }),
	};
	return { status, headers, body: JSON.stringify({ data: content }) };
}

/** What is given twice becomes a list, which a field that takes one refuses. */
function queryOf({ req }: Context<ApiEnv>): Record<string, unknown> {
	if (!req.url.includes("?")) return {};
	return Object.fromEntries(
		Object.entries(req.queries()).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
	);
}

function paramsOf({ req }: Context<ApiEnv>): Record<string, string> {
	const params = req.param();
	for (const [name, value] of Object.entries(params)) {
		const { success } = id.safeParse(value);
		if (!success) throw new InvalidRequest([{ in: "path", field: name, message: "isn't an id" }]);
	}
	return params;
}

function nameOf(actor: Actor): string {
	if (actor.role === "customer") return `customer/${actor.customerId}`;
	return actor.role === "server" ? `key/${actor.keyId}` : `agent/${actor.agentId}`;
}

function senderOf({ actor }: Authenticated): string {
	return actor ? nameOf(actor) : "";
}
