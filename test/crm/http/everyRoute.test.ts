import { describe, expect, test } from "@jest/globals";
import { type ApiServices, apiRoutes } from "../../../src/crm/Api.js";
import { may, reachOf, type Subject } from "../../../src/crm/access/authorise.js";
import { type Action, PERMISSIONS } from "../../../src/crm/access/permissions.js";
import { codesOf } from "../../../src/crm/http/openapi/responses.js";
import type { Problem } from "../../../src/crm/http/problem.js";
import type { AnyRoute } from "../../../src/crm/http/Route.js";
import { APP, OTHER_APP } from "./given.js";
import { ROUTE_CASES, type RouteCase, type RouteName } from "./routeCases.js";
import { type Asker, type Side, World } from "./World.js";

const ROUTES: readonly AnyRoute[] = apiRoutes({} as ApiServices);
const nameOf = ({ method, path }: AnyRoute) => `${method} ${path}` as RouteName;

test("every route has its case", () => {
	expect(ROUTES.map(nameOf).sort()).toEqual(Object.keys(ROUTE_CASES).sort());
});

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))("%s", (name, route) => {
	const theCase: RouteCase = ROUTE_CASES[name];
	const isChange = route.method !== "get";

	test("does for everybody what the table says, with records of both", async () => {
		let world = await World.make();
		const { length } = await world.askers("none");
		for (let index = 0; index < length; index++) {
			for (const whose of ["ada", "bob"] as const) {
				// What was changed may have ended the next one's token.
				if (isChange) world = await World.make();
				const asker = (await world.askers(scopeOf(route)))[index] as Asker;
				const before = world.written.length;
				const answer = await ask(world, route, theCase, world[whose], asker.token);
				const wanted = expected(route, theCase, world[whose], asker);
				const told = `${asker.name}, with ${whose}'s`;
				expect([told, answer.status, answer.code]).toEqual([told, ...wanted]);
				if (wanted[0] >= 400 && !theCase.open) {
					expect([told, world.written.slice(before)]).toEqual([told, []]);
				}
				if (theCase.listed) assertListed(route, theCase, asker, answer.data);
			}
		}
	}, 120_000);

	test("is nothing of another app's", async () => {
		const world = await World.make();
		for (const whose of ["ada", "bob"] as const) {
			const before = world.office.storage.written.length;
			const { text, status } = await ask(world, route, theCase, world[whose], world.foreigner, { appId: OTHER_APP });
			// What was asked for may be named in what is answered: only what is found would be a secret.
			if (status < 400) for (const secret of world.secrets) expect(text).not.toContain(secret);
			const written = world.office.storage.written.slice(before).map((each) => each.text);
			expect(written.filter((each) => each.includes(`"${APP}/`) || each.includes(`/${APP}/`))).toEqual([]);
		}
	});
});

interface Told {
	readonly status: number;
	readonly code: string | undefined;
	readonly data: unknown;
	readonly text: string;
}

/** Asks, and holds the answer to what is documented of the route. */
async function ask(
	world: World,
	route: AnyRoute,
	{ params, query, body }: RouteCase,
	side: Side,
	token: string | undefined,
	more: Readonly<Record<string, string>> = {},
): Promise<Told> {
	const ids = params?.(side) ?? {};
	const path = route.path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(ids[name] ?? ""));
	const search = new URLSearchParams({ ...query?.(side), ...more });
	const json = body === undefined ? undefined : JSON.stringify(body(side, world));
	const answer = await world.office.ask(route.method.toUpperCase(), `/api${path}?${search}`, { token, body: json });
	const text = await answer.text();
	const { status } = answer;
	const isLines = answer.headers.get("content-type") === "application/x-ndjson";
	const { data, code } = (isLines ? { data: linesIn(text) } : text === "" ? {} : JSON.parse(text)) as {
		data?: unknown;
	} & Partial<Problem>;
	if (status >= 400) expect([...codesOf(route)]).toContain(code);
	else assertDocumented(route, status, data);
	return { status, code, data, text };
}

function assertDocumented({ answer, status = 200 }: AnyRoute, found: number, data: unknown): void {
	expect(found).toBe(answer.kind === "none" ? 204 : status);
	for (const each of answer.kind === "many" || answer.kind === "lines" ? (data as unknown[]) : [data]) {
		expect(answer.schema?.safeParse(each).error?.issues).toBeUndefined();
	}
}

function linesIn(text: string): readonly unknown[] {
	return text
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line));
}

function scopeOf({ action }: AnyRoute) {
	return action in PERMISSIONS ? PERMISSIONS[action as Action].server : "none";
}

/** What the table of permissions says that they're answered. */
function expected(
	{ action: given, answer, status = 200, unknown }: AnyRoute,
	{ subject, listed, open }: RouteCase,
	side: Side,
	{ actor, token }: Asker,
): readonly [status: number, code: string | undefined] {
	if (open !== undefined) return [open, open === 401 ? expect.any(String) : undefined] as [number, string | undefined];
	if (token !== undefined && !actor) return [401, token.startsWith("scr.") ? "token_invalid" : "agent_token_invalid"];
	const action = given as Action;
	if (!actor) return [401, "token_required"];
	const touched: Subject = subject?.(side) ?? { kind: "app", app: APP };
	const success = answer.kind === "none" ? 204 : status;
	const reach = reachOf(actor, action);
	if (reach === "none") return [403, "forbidden"];
	if (listed || may(actor, action, touched)) return [success, undefined];
	const isHidden = actor.role === "customer" && touched.kind !== "app";
	return isHidden ? [404, unknown ?? `${touched.kind}_unknown`] : [403, "forbidden"];
}

/** Of a list, everybody sees what they might also get one by one. */
function assertListed({ action }: AnyRoute, { listed }: RouteCase, { actor }: Asker, data: unknown): void {
	if (!actor || !listed || !Array.isArray(data)) return;
	for (const item of data) expect(may(actor, action as Action, listed(item as never))).toBe(true);
}
