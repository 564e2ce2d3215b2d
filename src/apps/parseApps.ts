import * as z from "zod/mini";
import { RouterError } from "../protocol/errors.js";
import { safeParse } from "../protocol/safeParse.js";
import { APP_ID, type App } from "./Apps.js";

const ifGiven = z.optional(z.string().check(z.minLength(1)));

const app: z.ZodMiniType<App> = z.strictObject({
	id: z.string().check(z.regex(APP_ID, "may hold letters, digits and _ . - only, 64 at most")),
	bot: z.optional(
		z.strictObject({
			url: z.string().check(z.refine(isPostable, "must be an http or https address without a user name")),
			key: ifGiven,
			name: ifGiven,
			avatar: ifGiven,
		}),
	),
	widget: z.optional(z.record(z.string(), z.unknown())),
	retentionDays: z.optional(z.int().check(z.minimum(1), z.maximum(36_500))),
});

const appList = z.array(app).check(({ value: list, issues }) => {
	const ids = new Set<string>();
	for (const { id } of list) {
		if (ids.has(id)) issues.push({ code: "custom", message: `holds ${id} twice`, input: list });
		ids.add(id);
	}
});

const several = z.strictObject({ apps: appList, default: z.optional(z.string()) });

/** Whether a bot can be here. A user and password in the address would take the place of the key, so there may be none. */
export function isPostable(address: string): boolean {
	if (!URL.canParse(address)) return false;
	const { protocol, username, password } = new URL(address);
	return /^https?:$/.test(protocol) && !username && !password;
}

/** Checks apps. Throws `RouterError` `configuration_invalid`: it names the field in `source`, not what is in it. */
export function checkApps(list: unknown, source: string): readonly App[] {
	return check(appList, list, source);
}

/** Reads `{ "apps": [App…], "default"?: id }`, or one app. Throws `RouterError` `configuration_invalid`. */
export function parseApps(json: string, source: string): { apps: readonly App[]; default?: string } {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch {
		// The parser's own message would quote what was read, and there are keys in it.
		throw new RouterError("configuration_invalid", `${source} is no JSON.`);
	}
	const holdsSeveral = typeof value === "object" && value !== null && "apps" in value;
	return holdsSeveral ? check(several, value, source) : { apps: [check(app, value, source)] };
}

function check<T>(schema: z.ZodMiniType<T>, value: unknown, source: string): T {
	const parsed = safeParse(schema, value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const field = issue?.path.join(".");
	throw new RouterError(
		"configuration_invalid",
		`${source}${field ? `, ${field}` : ""}: ${issue?.message ?? "is wrong"}.`,
	);
}
