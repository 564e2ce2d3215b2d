import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Monitor, silent } from "../monitoring/Monitor.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import type { App, Apps } from "./Apps.js";
import { parseApps } from "./parseApps.js";
import { StaticApps } from "./StaticApps.js";

export interface SecretsManagerAppsOptions {
	/** The secret's name or ARN. It holds `{ "apps": [App…], "default"?: id }` as JSON, or one app. */
	readonly secretId: string;
	/** Stays open when this is closed. Default: one with the environment's region and credentials. */
	readonly client?: Pick<SecretsManagerClient, "send">;
	/** How old the settings may become before they're fetched again, in milliseconds. Default 5 minutes. */
	readonly refreshMs?: number;
	/** Warned when settings can't be fetched again. */
	readonly monitor?: Monitor;
	/** The time in ms. Default: `Date.now`. */
	readonly clock?: () => number;
}

/** How long the old settings are served before the next try, when a refresh failed. */
const RETRY_MS = 10_000;

/** What an operator has to put right; anything else may pass by itself. */
const MISTAKES = new Set(["ResourceNotFoundException", "AccessDeniedException", "InvalidParameterException"]);

/**
 * Apps from a secret of AWS Secrets Manager. The first call fetches it, and fails with `RouterError`
 * `configuration_invalid` or `storage_unavailable`; a failure is never kept. Later calls answer at once: old settings
 * serve while new ones are fetched, and as long as that fails.
 */
export class SecretsManagerApps implements Apps {
	private readonly options: SecretsManagerAppsOptions;
	private readonly monitor: Monitor;
	private readonly clock: () => number;
	private readonly refreshMs: number;
	private own: SecretsManagerClient | undefined;
	private current: StaticApps | undefined;
	private dueAt = 0;
	private loading: Promise<StaticApps> | undefined;

	constructor(options: SecretsManagerAppsOptions) {
		this.options = options;
		this.monitor = options.monitor ?? silent;
		this.clock = options.clock ?? Date.now;
		this.refreshMs = options.refreshMs ?? 5 * 60_000;
	}

	async get(id: string | undefined): Promise<App | undefined> {
		return (await this.apps()).get(id);
	}

	async list(): Promise<readonly App[]> {
		return (await this.apps()).list();
	}

	/** Closes the client, if it's ours. */
	close(): void {
		this.own?.destroy();
		this.own = undefined;
	}

	private async apps(): Promise<StaticApps> {
		if (!this.current) return this.load();
		if (this.clock() >= this.dueAt) this.refresh();
		return this.current;
	}

	private refresh(): void {
		this.load().catch((error: unknown) => {
			const { code, message } = asRouterError(error);
			this.dueAt = this.clock() + Math.min(RETRY_MS, this.refreshMs);
			this.monitor.warn("apps_refresh_failed", { code, reason: message });
		});
	}

	/** One fetch at a time, however many ask. */
	private load(): Promise<StaticApps> {
		this.loading ??= this.fetch().finally(() => {
			this.loading = undefined;
		});
		return this.loading;
	}

	private async fetch(): Promise<StaticApps> {
		const source = `The secret ${this.options.secretId}`;
		const { apps, default: defaultId } = parseApps(await this.secret(source), source);
		this.current = new StaticApps(apps, { default: defaultId, source });
		this.dueAt = this.clock() + this.refreshMs;
		return this.current;
	}

	private async secret(source: string): Promise<string> {
		const { GetSecretValueCommand } = await import("@aws-sdk/client-secrets-manager");
		const { SecretString: text } = await (this.options.client ?? (await this.ownClient()))
			.send(new GetSecretValueCommand({ SecretId: this.options.secretId }))
			.catch((cause: Error) => {
				const code = MISTAKES.has(cause.name) ? "configuration_invalid" : "storage_unavailable";
				throw new RouterError(code, `${source} could not be read (${cause.name}).`, { cause });
			});
		if (!text) throw new RouterError("configuration_invalid", `${source} holds no text.`);
		return text;
	}

	private async ownClient(): Promise<SecretsManagerClient> {
		const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
		this.own ??= new SecretsManagerClient({});
		return this.own;
	}
}
