import * as z from "zod";
import { RouterError } from "../protocol/errors.js";
import { APP_ID, type App } from "./Apps.js";

const app: z.ZodType<App> = z.strictObject({
	id: z.string().regex(APP_ID, "may hold letters, digits and _ . - only, 64 at most"),
	bot: z
		.strictObject({
			url: z.string().refine(isPostable, "must be an http or https address without a user name"),
			key: z.string().min(1).optional(),
			name: z.string().min(1).optional(),
			avatar: z.string().min(1).optional(),
		})
		.optional(),
	widget: z.record(z.string(), z.unknown()).optional(),
	retentionDays: z.number().int().min(1).max(36_500).optional(),
});

const appList = z.array(app).superRefine((list, context) => {
	const ids = new Set<string>();
	for (const { id } of list) {
		if (ids.has(id)) context.addIssue({ code: "custom", message: `holds ${id} twice` });
		ids.add(id);
	}
});

const several = z.strictObject({ apps: appList, default: z.string().optional() });

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

function check<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	const [issue] = parsed.error.issues;
	const field = issue?.path.join(".");
	throw new RouterError(
		"configuration_invalid",
		`${source}${field ? `, ${field}` : ""}: ${issue?.message ?? "is wrong"}.`,
	);
}
