import type { Apps } from "../apps/Apps.js";
import { environmentApps } from "../apps/environmentApps.js";
import { fixedApp } from "../apps/fixedApp.js";
import { SecretsManagerApps } from "../apps/SecretsManagerApps.js";
import { AdminConnector, type AgentTokenVerifier } from "../connectors/admin/AdminConnector.js";
import { agentTokens } from "../connectors/admin/agentToken.js";
import type { Connector } from "../connectors/Connector.js";
import { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import { WidgetConnector } from "../connectors/widget/WidgetConnector.js";
import { jsonMonitor, LOG_LEVELS } from "../monitoring/jsonMonitor.js";
import type { Monitor } from "../monitoring/Monitor.js";
import { RouterError } from "../protocol/errors.js";
import { deferredStorage } from "../storage/deferredStorage.js";
import { MemoryStorage } from "../storage/memory/MemoryStorage.js";
import type { Storage } from "../storage/Storage.js";
import { ApiGatewayTransport } from "../transport/apigateway/ApiGatewayTransport.js";
import { LocalTransport } from "../transport/local/LocalTransport.js";
import type { Transport } from "../transport/Transport.js";

/** The variables that decide what `Equipment` is. */
const VARIABLES = [
	"AWS_LAMBDA_FUNCTION_NAME",
	"TABLE_PREFIX",
	"APPS_SECRET_ID",
	"STUDIO_APP_ID",
	"BOT_URL",
	"BOT_KEY",
	"BOT_NAME",
	"JWT_SECRET",
	"LOG_LEVEL",
] as const;

/** An empty variable counts as none. */
export type Environment = { readonly [name in (typeof VARIABLES)[number]]?: string };

/** What the environment equips a post office with, each part made when it's first asked for and kept. */
export interface Equipment {
	storage(): Storage;
	transport(): Transport;
	monitor(): Monitor;
	apps(monitor: Monitor): Apps;
	connectors(monitor: Monitor): readonly Connector[];
	secret(): string;
}

const kept = new Map<string, Equipment>();

/** The equipment of this configuration: however often it's asked for, the same, with the same clients and caches. */
export function equipmentOf(topic: string, env: Environment): Equipment {
	const configuration = JSON.stringify([topic, ...VARIABLES.map((name) => env[name])]);
	const equipment = kept.get(configuration) ?? equip(topic, env);
	kept.set(configuration, equipment);
	return equipment;
}

function equip(topic: string, env: Environment): Equipment {
	const isLambda = Boolean(env.AWS_LAMBDA_FUNCTION_NAME);
	return {
		storage: once(() => (isLambda ? dynamoStorage(topic, env) : new MemoryStorage())),
		transport: once(() => (isLambda ? new ApiGatewayTransport() : new LocalTransport())),
		monitor: once(() => monitorOf(env)),
		apps: oncePer((monitor) => appsOf(env, monitor)),
		connectors: oncePer((monitor) => [
			new AdminConnector(env.JWT_SECRET ? agentTokens(env.JWT_SECRET) : noAgents),
			new WidgetConnector(),
			new StentorConnector({ monitor }),
		]),
		secret: () => env.JWT_SECRET || topic,
	};
}

function dynamoStorage(topic: string, env: Environment): Storage {
	const prefix = env.TABLE_PREFIX || `${topic}-`;
	if (!/^[\w.-]{1,200}$/.test(prefix)) {
		throw new RouterError(
			"configuration_invalid",
			"TABLE_PREFIX may hold letters, digits and _ . - only, 200 at most.",
		);
	}
	return deferredStorage(async () => {
		const { DynamoStorage } = await import("../storage/dynamodb/DynamoStorage.js");
		return new DynamoStorage({ prefix });
	});
}

function appsOf(env: Environment, monitor: Monitor): Apps {
	const { APPS_SECRET_ID: secretId, STUDIO_APP_ID: appId } = env;
	if (!secretId) return environmentApps(env);
	const apps = new SecretsManagerApps({ secretId, monitor });
	return appId ? fixedApp(apps, appId) : apps;
}

function monitorOf({ LOG_LEVEL }: Environment): Monitor {
	const level = LOG_LEVELS.find((each) => each === (LOG_LEVEL?.toLowerCase() || "info"));
	if (level) return jsonMonitor({ level });
	throw new RouterError("configuration_invalid", `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}.`);
}

const noAgents: AgentTokenVerifier = {
	async verify() {
		throw new RouterError("agent_token_invalid", "JWT_SECRET isn't set here, so no agent's token can be verified.");
	},
};

function once<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/** What speaks to a monitor is made for each anew. */
function oncePer<T>(make: (monitor: Monitor) => T): (monitor: Monitor) => T {
	const made = new WeakMap<Monitor, T>();
	return (monitor) => {
		const known = made.get(monitor) ?? make(monitor);
		made.set(monitor, known);
		return known;
	};
}
