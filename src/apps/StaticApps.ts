import { RouterError } from "../protocol/errors.js";
import type { App, Apps } from "./Apps.js";
import { checkApps } from "./parseApps.js";

export interface StaticAppsOptions {
	/** The id of the app for connections that name none. Default: the only one there is. */
	readonly default?: string;
	/** What errors call the place that the apps come from. Default `"apps"`. */
	readonly source?: string;
}

/** Apps that don't change. Throws `RouterError` `configuration_invalid` for an app that is malformed or there twice. */
export class StaticApps implements Apps {
	private readonly apps: ReadonlyMap<string, App>;
	private readonly default: string | undefined;

	constructor(apps: readonly App[], { default: defaultId, source = "apps" }: StaticAppsOptions = {}) {
		this.apps = new Map(checkApps(apps, source).map((app) => [app.id, app]));
		if (defaultId !== undefined && !this.apps.has(defaultId)) {
			throw new RouterError("configuration_invalid", `${source}, default: none of the apps has this id.`);
		}
		this.default = defaultId ?? (apps.length === 1 ? apps[0]?.id : undefined);
	}

	get(id: string | undefined): App | undefined {
		const wanted = id ?? this.default;
		return wanted === undefined ? undefined : this.apps.get(wanted);
	}

	async list(): Promise<readonly App[]> {
		return [...this.apps.values()];
	}
}
