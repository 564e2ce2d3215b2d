import { type Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { RouterError } from "../../protocol/errors.js";
import { type ApiEnv, type ApiPorts, BASE } from "./ApiPorts.js";
import { answered } from "./answered.js";
import { corsHeaders, preflightHeaders } from "./cors.js";
import { API_HEADERS, requestIds } from "./headers.js";
import type { Answered } from "./idempotency/Idempotency.js";
import { documentOf } from "./openapi/document.js";
import { PROBLEM_TYPE, problemOf, retryAfterOf } from "./problem.js";
import { RateLimit } from "./RateLimit.js";
import type { AnyRoute } from "./Route.js";
import { type Streamed, streamOf } from "./streaming.js";

/** The API as an app of Hono, which runs wherever `fetch` does. */
export function createApi(routes: readonly AnyRoute[], ports: ApiPorts): Hono<ApiEnv> {
	const app = new Hono<ApiEnv>();
	const limits = { address: new RateLimit(ports.limits.perAddress), actor: new RateLimit(ports.limits.perActor) };
	const requestIdOf = requestIds();
	const serve = (
		context: Context<ApiEnv>,
		name: string,
		work: (requestId: string) => Promise<Answered | Streamed> | Answered,
	) => respond(context, name, requestIdOf(context.req.header("x-request-id")), ports, work);

	for (const route of [...routes].sort(byGenerality)) {
		const name = `${route.method} ${route.path}`;
		app.on(route.method.toUpperCase(), BASE + route.path, (context) =>
			serve(context, name, (requestId) => answered(route, context, ports, limits, requestId)),
		);
	}
	// Not handlers for any method in `app`: it takes longer where more than one fits.
	const otherMethods = new TrieRouter<string>();
	for (const [path, methods] of methodsByPath(routes)) {
		app.options(BASE + path, (context) =>
			serve(context, "options", () => preflight(context.req.header("origin"), methods, ports)),
		);
		otherMethods.add("ALL", BASE + path, methods);
	}
	let document: string | undefined;
	app.get(`${BASE}/openapi.json`, (context) =>
		serve(context, "openapi.json", () => {
			document ??= JSON.stringify(documentOf(routes, ports.about));
			return { status: 200, headers: { "Content-Type": "application/json" }, body: document };
		}),
	);
	app.notFound((context) =>
		serve(context, "unknown route", () => {
			const [matches] = otherMethods.match("ALL", context.req.path);
			const methods = matches[0]?.[0];
			throw methods === undefined ? new RouterError("route_unknown") : new MethodNotAllowed(methods);
		}),
	);
	return app;
}

class MethodNotAllowed extends RouterError {
	constructor(readonly allowed: string) {
		super("method_not_allowed", `Only ${allowed} can be done here.`);
	}
}

async function respond(
	context: Context<ApiEnv>,
	route: string,
	requestId: string,
	{ monitor, allowedOrigins, isStopping }: ApiPorts,
	work: (requestId: string) => Promise<Answered | Streamed> | Answered,
): Promise<Response> {
	const began = performance.now();
	let answer: Answered | Streamed;
	try {
		if (isStopping?.()) throw new RouterError("shutting_down");
		answer = await work(requestId);
	} catch (thrown) {
		answer = failed(thrown, requestId);
		if (answer.status === 500) monitor.error("request failed", thrown, { route, requestId });
	}
	const { status, headers } = answer;
	monitor.debug("request", { route, status, requestId, ms: Math.round(performance.now() - began) });
	// Not by spreading: V8 takes ten times as long to add fields to what was spread.
	const all = Object.assign({}, API_HEADERS, corsHeaders(context.req.header("origin"), allowedOrigins), headers, {
		"X-Request-Id": requestId,
	});
	if ("chunks" in answer) {
		// HEAD asks for none of it.
		if (context.req.raw.method === "HEAD") return new Response(null, { status, headers: all });
		const cut = (error: unknown) => monitor.error("answer cut short", error, { route, requestId });
		return new Response(streamOf(answer.chunks, cut), { status, headers: all });
	}
	const content = status === 204 ? undefined : answer.body;
	return context.env?.send?.(status, all, content) ?? new Response(content, { status, headers: all });
}

function failed(thrown: unknown, requestId: string): Answered {
	const problem = problemOf(thrown, requestId);
	const { status } = problem;
	const wait = retryAfterOf(thrown);
	return {
		status,
		headers: {
			"Content-Type": PROBLEM_TYPE,
			...(wait !== undefined && { "Retry-After": String(wait) }),
			...(status === 401 && { "WWW-Authenticate": "Bearer" }),
			...(thrown instanceof MethodNotAllowed && { Allow: thrown.allowed }),
		},
		body: JSON.stringify(problem),
	};
}

function preflight(origin: string | undefined, methods: string, { allowedOrigins }: ApiPorts): Answered {
	return { status: 204, headers: { Allow: methods, ...preflightHeaders(origin, allowedOrigins) }, body: "" };
}

/** Paths without parameters first, or `/customers/search` would be a customer. */
function byGenerality(a: AnyRoute, b: AnyRoute): number {
	return Number(a.path.includes(":")) - Number(b.path.includes(":"));
}

function methodsByPath(routes: readonly AnyRoute[]): ReadonlyMap<string, string> {
	const methods = new Map<string, string[]>();
	for (const { path, method } of [...routes].sort(byGenerality)) {
		const names = method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()];
		methods.set(path, [...(methods.get(path) ?? []), ...names]);
	}
	return new Map([...methods].map(([path, names]) => [path, [...names, "OPTIONS"].join(", ")]));
}
