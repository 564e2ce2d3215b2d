import type { Context, HonoRequest } from "hono";
import * as z from "zod/mini";
import { newId } from "../../delivery/identity.js";
import { isPromise } from "../../delivery/isPromise.js";
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
const BODYLESS = z.optional(NOTHING);
/** Of an id in a path: a message's is its conversation's with a number. */
const MAX_ID = 250;
const APP_ID = z.string().check(z.maxLength(64));
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
	const { appId: given, ...query } = queryOf(context);
	const appId = given === undefined ? undefined : checked("query", APP_ID, given);
	// Who comes to get a new token may still send the old one along.
	const proved = authentication.of(isOpen(route.action) ? { appId } : credentialsOf(req, appId));
	const who = isPromise(proved) ? await proved : proved;
	const { app, actor, until } = who;
	if (actor) limits.actor.take(`${app}/${nameOf(actor)}`);
	if (actor && actor.role !== "customer" && actor.role !== "server") active?.(actor);
	assertMayEver(route.action, actor);

	const params = paramsOf(context);
	const asksFor = checked("query", route.query ?? NOTHING, query);
	const sent = bodyOf(req);
	const asked = {
		app,
		actor,
		until,
		params,
		query: asksFor,
		body: checked("body", route.body ?? BODYLESS, sent && (await sent)),
		rev: route.conditional ? revOf(req.header("if-match")) : undefined,
		address,
		requestId,
		// Reading makes nothing.
		newId: route.method === "get" ? "" : newId(),
	};
	if (route.answer.kind === "lines") {
		return streamed((await served(route, asked, audit)) as Download<unknown>, route.status ?? 200);
	}
	const key = route.idempotent ? req.header("idempotency-key") : undefined;
	if (key === undefined) return answerOf(route, await served(route, asked, audit));
	if (!IDEMPOTENCY_KEY.test(key)) {
		const message = "must be 1 to 255 characters of ASCII, without blanks";
		throw new InvalidRequest([{ in: "header", field: "Idempotency-Key", message }]);
	}
	const content = JSON.stringify([route.method, req.path, asked.query, asked.body]);
	const done = async (made: string) => answerOf(route, await served(route, { ...asked, newId: made }, audit));
	const { isReplayed, ...answer } = await idempotency.run({ app, sender: senderOf(who), key, content }, done);
	return isReplayed ? { ...answer, headers: { ...answer.headers, "Idempotency-Replayed": "true" } } : answer;
}

function credentialsOf(req: HonoRequest, appId: string | undefined): Credentials {
	const authorization = req.header("authorization");
	if (authorization !== undefined) return { appId, authorization };
	return {
		appId,
		apiKey: req.header("x-api-key"),
		identityId: req.header("x-identity-id"),
		identityHmac: req.header("x-identity-hmac"),
	};
}

function answerOf({ answer, status = 200, location }: AnyRoute, content: unknown): Answered {
	if (answer.kind === "none") return { status: 204, headers: {}, body: "" };
	if (answer.kind === "many") {
		const { items, nextCursor } = content as Listing<unknown>;
		const headers = { "Content-Type": "application/json" };
		return { status, headers, body: JSON.stringify({ data: items, nextCursor }) };
	}
	const headers: Record<string, string> = { "Content-Type": "application/json" };
	const { rev } = content as { readonly rev?: unknown };
	if (typeof rev === "number") headers.ETag = etagOf(rev);
	if (location) headers.Location = BASE + location(content);
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
	for (const field in params) {
		const { length } = params[field] ?? "";
		if (length < 1 || length > MAX_ID) throw new InvalidRequest([{ in: "path", field, message: "isn't an id" }]);
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
