import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import * as z from "zod/mini";
import { environmentApps } from "../apps/environmentApps.js";
import type { OidcOptions } from "../crm/access/oidcTokens.js";
import { LOG_LEVELS, type LogLevel } from "../monitoring/jsonMonitor.js";
import { RouterError } from "../protocol/errors.js";
import { safeParse } from "../protocol/safeParse.js";

/** Names and values, as in `process.env`. An empty value counts as none. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a server runs by. */
export interface Settings {
	/** 0: any free one. */
	readonly port: number;
	readonly host: string;
	/** An absolute path. */
	readonly dataDir: string;
	/** The app that every connection belongs to. */
	readonly appId?: string;
	/** Where the bot is; the built-in demo bot answers when there's none. */
	readonly botUrl?: string;
	readonly botKey?: string;
	readonly botName?: string;
	/** Signs agents' and customers' tokens; one is made when there's none. */
	readonly jwtSecret?: string;
	/** The first admin's, made at the first start. */
	readonly adminEmail?: string;
	readonly adminPassword?: string;
	/** What customers of the chat API need to go on with a conversation, see `ReceptionPorts`. */
	readonly visitorAuth: "open" | "strict";
	/** What the customers' site shares with us to vouch for them; without it, it vouches for nobody. */
	readonly identitySecret?: string;
	/** Where agents sign in besides here, see `OidcOptions`. */
	readonly oidc?: Pick<OidcOptions, "issuer" | "audience" | "jwksUri" | "groupsClaim" | "adminGroup">;
	/** After how many days a closed conversation is erased. Default: never. */
	readonly retentionDays?: number;
	/** Where clients reach the WebSocket; by default, at the address that the server listens on. */
	readonly connectionServerUrl?: string;
	/** Pages that may connect besides those that the server serves itself. */
	readonly allowedOrigins: "all" | readonly string[];
	readonly logLevel: LogLevel;
	/** WebSocket connections at the same time. */
	readonly maxConnections: number;
	/** Those of them that may be of one network address, which many people may share, and of one visitor or agent. */
	readonly connectionsPerAddress: number;
	readonly connectionsPerUser: number;
	/** What one connection may send in the long run, and at once. */
	readonly framesPerSecond: number;
	readonly frameBurst: number;
	/** What one customer, agent or API key may ask of the REST API in the long run, and at once; one address twice as much. */
	readonly requestsPerSecond: number;
	readonly requestBurst: number;
	/** How many proxies of the owner's stand before the server: `X-Forwarded-For` is believed so far. */
	readonly trustedProxies: number;
}

const text = z.optional(z.string());

const variables = z.object({
	PORT: whole(0, 65_535, 3000, "0 takes any free port"),
	HOST: z._default(
		z
			.string()
			.check(z.regex(/^[\w.:-]+$/, "must be a host name or an address of this machine, such as 127.0.0.1 or 0.0.0.0")),
		"127.0.0.1",
	),
	DATA_DIR: z.pipe(
		z._default(z.string(), ".data"),
		z.transform((folder) => resolve(folder)),
	),
	STUDIO_APP_ID: text,
	BOT_URL: text,
	BOT_KEY: text,
	BOT_NAME: text,
	JWT_SECRET: z.optional(secret("must have at least 32 bytes; leave it unset to have one made")),
	ADMIN_EMAIL: z.optional(z.email("must be an e-mail address")),
	ADMIN_PASSWORD: z.optional(
		z
			.string()
			.check(z.minLength(10, "must have at least 10 characters"), z.maxLength(200, "may have 200 characters at most")),
	),
	VISITOR_AUTH: z._default(z.enum(["open", "strict"], { error: 'must be "open" or "strict"' }), "open"),
	IDENTITY_SECRET: z.optional(secret("must have at least 32 bytes")),
	OIDC_ISSUER: z.optional(webAddress("such as https://cognito-idp.eu-central-1.amazonaws.com/<pool>")),
	OIDC_AUDIENCE: text,
	OIDC_JWKS_URI: z.optional(webAddress("of the provider's keys")),
	OIDC_GROUPS_CLAIM: text,
	OIDC_ADMIN_GROUP: text,
	RETENTION_DAYS: z.optional(wholeNumber(1, 36_500, "leave it unset to keep conversations for ever")),
	CONNECTION_SERVER_URL: z.optional(
		z.string().check(
			z.refine((value) => URL.canParse(value) && /^wss?:$/.test(new URL(value).protocol), {
				error: "must be a WebSocket address such as wss://chat.example.com/ws",
			}),
		),
	),
	ALLOWED_ORIGINS: z.pipe(
		z._default(z.string(), ""),
		z.transform((list, context) => {
			if (list.trim() === "*") return "all" as const;
			const origins = list.split(",").flatMap((each) => each.trim() || []);
			const wrong = origins.find((each) => !isOrigin(each));
			if (wrong === undefined) return origins.map((each) => each.toLowerCase());
			const message = `must be "*" or origins with commas between them, such as https://www.example.com; "${wrong}" is none`;
			context.issues.push({ code: "custom", message, input: list });
			return z.NEVER;
		}),
	),
	LOG_LEVEL: z._default(z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` }), "warn"),
	MAX_CONNECTIONS: whole(1, 1_000_000, 10_000),
	CONNECTIONS_PER_ADDRESS: whole(1, 1_000_000, 1_000),
	CONNECTIONS_PER_USER: whole(1, 1_000_000, 50),
	FRAMES_PER_SECOND: whole(1, 100_000, 50),
	FRAME_BURST: whole(1, 100_000, 200),
	REQUESTS_PER_SECOND: whole(1, 1_000_000, 50),
	REQUEST_BURST: whole(1, 1_000_000, 200),
	TRUSTED_PROXIES: whole(0, 10, 0),
});

/** The names of all settings that are read here. */
export const SETTINGS: readonly string[] = Object.keys(variables.shape);

/** Reads the settings; throws `configuration_invalid` with a sentence that names the first variable that is wrong. */
export function readSettings(environment: Environment): Settings {
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
	const parsed = safeParse(variables, given);
	if (!parsed.success) {
		const [issue] = parsed.error.issues;
		throw new RouterError("configuration_invalid", `${issue?.path.join(".")} ${issue?.message}.`);
	}
	const { data } = parsed;
	environmentApps(data);
	return {
		port: data.PORT,
		host: data.HOST,
		dataDir: data.DATA_DIR,
		appId: data.STUDIO_APP_ID,
		botUrl: data.BOT_URL,
		botKey: data.BOT_KEY,
		botName: data.BOT_NAME,
		jwtSecret: data.JWT_SECRET,
		adminEmail: data.ADMIN_EMAIL,
		adminPassword: data.ADMIN_PASSWORD,
		visitorAuth: data.VISITOR_AUTH,
		identitySecret: identitySecretIn(data),
		oidc: oidcIn(data),
		retentionDays: data.RETENTION_DAYS,
		connectionServerUrl: data.CONNECTION_SERVER_URL,
		allowedOrigins: data.ALLOWED_ORIGINS,
		logLevel: data.LOG_LEVEL,
		maxConnections: data.MAX_CONNECTIONS,
		connectionsPerAddress: data.CONNECTIONS_PER_ADDRESS,
		connectionsPerUser: data.CONNECTIONS_PER_USER,
		framesPerSecond: data.FRAMES_PER_SECOND,
		frameBurst: data.FRAME_BURST,
		requestsPerSecond: data.REQUESTS_PER_SECOND,
		requestBurst: data.REQUEST_BURST,
		trustedProxies: data.TRUSTED_PROXIES,
	};
}

/** The process's environment, and what a `.env` file in the folder adds to it. */
export function loadEnvironment(folder = process.cwd()): Environment {
	return { ...readDotenv(folder), ...process.env };
}

/** What the `.env` file in a folder holds; nothing where there is none. */
export function readDotenv(folder = process.cwd()): Environment {
	const file = join(folder, ".env");
	if (!existsSync(file)) return {};
	try {
		return parseEnv(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new RouterError("configuration_invalid", `The file ${file} can't be read; make it readable, or remove it.`, {
			cause,
		});
	}
}

/** Who has the site's secret must not be able to make agents. */
function identitySecretIn({ IDENTITY_SECRET: secret, JWT_SECRET }: z.output<typeof variables>): string | undefined {
	if (secret === undefined || secret !== JWT_SECRET) return secret;
	throw new RouterError("configuration_invalid", "IDENTITY_SECRET must be another one than JWT_SECRET.");
}

function oidcIn(data: z.output<typeof variables>): Settings["oidc"] {
	const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience } = data;
	const [given] = (["OIDC_AUDIENCE", "OIDC_JWKS_URI", "OIDC_GROUPS_CLAIM", "OIDC_ADMIN_GROUP"] as const).filter(
		(name) => data[name] !== undefined,
	);
	if (issuer === undefined) {
		if (given === undefined) return undefined;
		throw new RouterError("configuration_invalid", `OIDC_ISSUER must be set where ${given} is.`);
	}
	// Without it, tokens made for any client of the provider would be good here.
	if (audience === undefined) {
		throw new RouterError("configuration_invalid", "OIDC_AUDIENCE must be set where OIDC_ISSUER is.");
	}
	const { OIDC_JWKS_URI: jwksUri, OIDC_GROUPS_CLAIM: groupsClaim, OIDC_ADMIN_GROUP: adminGroup } = data;
	return { issuer, audience, jwksUri, groupsClaim, adminGroup };
}

function secret(otherwise: string) {
	return z.string().check(z.refine((given) => Buffer.byteLength(given) >= 32, otherwise));
}

/** A provider on this machine may be without TLS. */
function webAddress(what: string) {
	return z.string().check(z.refine(isWebAddress, `must be an https address ${what}`));
}

/** Whether it's an https address, or one of this machine. */
export function isWebAddress(value: string): boolean {
	const { protocol, hostname } = URL.canParse(value) ? new URL(value) : { protocol: "", hostname: "" };
	return protocol === "https:" || (protocol === "http:" && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname));
}

function whole(min: number, max: number, byDefault: number, hint?: string) {
	return z._default(wholeNumber(min, max, hint), byDefault);
}

function wholeNumber(min: number, max: number, hint?: string) {
	const message = `must be a whole number from ${min} to ${max}${hint ? ` (${hint})` : ""}`;
	const isWhole = (digits: string) => /^\d{1,7}$/.test(digits) && Number(digits) >= min && Number(digits) <= max;
	return z.pipe(z.string().check(z.refine(isWhole, message)), z.transform(Number));
}

function isOrigin(value: string): boolean {
	return URL.canParse(value) && /^https?:/i.test(value) && new URL(value).origin === value.toLowerCase();
}
