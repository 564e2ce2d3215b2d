import { RouterError } from "../protocol/errors.js";
import { APP_ID, type Apps, type BotSettings } from "./Apps.js";
import { fixedApp } from "./fixedApp.js";
import { isPostable } from "./parseApps.js";
import { StaticApps } from "./StaticApps.js";

/** The variables of `environmentApps`. */
export interface AppVariables {
	readonly STUDIO_APP_ID?: string;
	readonly BOT_URL?: string;
	readonly BOT_KEY?: string;
	readonly BOT_NAME?: string;
}

/**
 * One app, by the environment: `STUDIO_APP_ID` (then every connection belongs to it; default `default`), `BOT_URL`
 * (without it there's no bot), `BOT_KEY`, `BOT_NAME`. An empty variable counts as none.
 * Throws `RouterError` `configuration_invalid` with a sentence that names the variable.
 */
export function environmentApps(env: AppVariables): Apps {
	const id = env.STUDIO_APP_ID || undefined;
	if (id && !APP_ID.test(id)) {
		throw new RouterError(
			"configuration_invalid",
			"STUDIO_APP_ID may hold letters, digits and _ . - only, 64 at most.",
		);
	}
	const apps = new StaticApps([{ id: id ?? "default", bot: botOf(env) }]);
	return id ? fixedApp(apps, id) : apps;
}

function botOf(env: AppVariables): BotSettings | undefined {
	const url = env.BOT_URL;
	if (!url) return undefined;
	if (!isPostable(url)) {
		throw new RouterError("configuration_invalid", "BOT_URL must be an http or https address without a user name.");
	}
	return { url, key: env.BOT_KEY || undefined, name: env.BOT_NAME || undefined };
}
