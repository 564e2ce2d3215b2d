import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import type { Reporting } from "../monitoring/reports/providers.js";
import { RouterError } from "../protocol/errors.js";
import { safeParse } from "../protocol/safeParse.js";
import { type Environment, readSettings, type Settings } from "../server/settings.js";

/** What a function runs by: what the server runs by, and where its parts are. */
export interface AwsSettings extends Settings {
	readonly jwtSecret: string;
	/** The tables' names begin with it. */
	readonly tablePrefix: string;
	readonly bucket: string;
	/** Where the files that were looked at are served: the CloudFront distribution. */
	readonly filesUrl: string;
	/** Where the HTTP API is reached; without it, the built-in demo bot can't be. */
	readonly publicUrl?: string;
	/** The secret that holds the apps, in place of the one app by `STUDIO_APP_ID` and `BOT_URL`. */
	readonly appsSecretId?: string;
	/** Where errors are sent besides the log, if anywhere. */
	readonly reporting?: Reporting;
}

const variables = z.object({
	TABLE_PREFIX: z
		.string({ error: "must be set" })
		.check(z.regex(/^[\w.-]{1,200}$/, "may hold letters, digits and _ . - only, 200 at most")),
	FILES_BUCKET: z.string({ error: "must be set" }),
	FILES_URL: z.url({ protocol: /^https?$/, error: "must be the address that files are served at" }),
	PUBLIC_URL: z.optional(z.url({ protocol: /^https?$/, error: "must be the HTTP API's address" })),
	JWT_SECRET: z.string({ error: "must be set, or be in one of SETTINGS_SECRETS" }),
	APPS_SECRET_ID: z.optional(z.string()),
});

/**
 * Reads the settings: variables of the environment, and what the secrets named by `SETTINGS_SECRETS` (with commas between
 * them) hold besides, as a JSON object of variables. Throws `configuration_invalid` with a sentence that names the
 * variable or the secret, `storage_unavailable` where a secret can't be read just now.
 */
export async function readAwsSettings(
	environment: Environment,
	client?: Pick<SecretsManagerClient, "send">,
): Promise<AwsSettings> {
	const own = Object.entries(environment).filter(([, value]) => value);
	const all: Environment = {
		...(await secretVariables(environment.SETTINGS_SECRETS, client)),
		...Object.fromEntries(own),
	};
	const parsed = safeParse(variables, all);
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw new RouterError("configuration_invalid", `${issue?.path.join(".")} ${issue?.message}.`);
	}
	const { data } = parsed;
	return {
		...readSettings(all),
		jwtSecret: data.JWT_SECRET,
		tablePrefix: data.TABLE_PREFIX,
		bucket: data.FILES_BUCKET,
		filesUrl: data.FILES_URL,
		publicUrl: data.PUBLIC_URL,
		appsSecretId: data.APPS_SECRET_ID,
		reporting: await reportingIn(all),
	};
}

/** Read by code that's loaded only where errors are reported. */
async function reportingIn(all: Environment): Promise<Reporting | undefined> {
	if (!all.MONITORING_PROVIDER) return undefined;
	const { readReporting } = await import("../server/reportingSettings.js");
	return readReporting(all);
}

const secretForm = z.record(z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/)), z.string());

async function secretVariables(list = "", given?: Pick<SecretsManagerClient, "send">): Promise<Environment> {
	const ids = list.split(",").flatMap((id) => id.trim() || []);
	if (ids.length === 0) return {};
	const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
	const client = given ?? new SecretsManagerClient({});
	const read = async (SecretId: string) => {
		try {
			const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
			return parsed(SecretId, SecretString);
		} catch (cause) {
			if (cause instanceof RouterError) throw cause;
			const { name = "unknown" } = cause as Error;
			const isMistake = name === "ResourceNotFoundException" || name === "AccessDeniedException";
			const code = isMistake ? "configuration_invalid" : "storage_unavailable";
			throw new RouterError(code, `The secret ${SecretId} could not be read (${name}).`, { cause });
		}
	};
	return Object.assign({}, ...(await Promise.all(ids.map(read))));
}

/** The cause would quote the secret. */
function parsed(id: string, text = ""): Environment {
	try {
		return secretForm.parse(JSON.parse(text));
	} catch {
		const message = `The secret ${id} must hold a JSON object of variables, such as {"JWT_SECRET": "…"}.`;
		throw new RouterError("configuration_invalid", message);
	}
}
