import type { Apps } from "../apps/Apps.js";
import { environmentApps } from "../apps/environmentApps.js";
import { fixedApp } from "../apps/fixedApp.js";
import { SecretsManagerApps } from "../apps/SecretsManagerApps.js";
import { S3BlobStore } from "../blobs/s3/S3BlobStore.js";
import { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import type { Crm } from "../crm/Crm.js";
import { sharedDesk } from "../crm/desk/shared/SharedDesk.js";
import { jsonMonitor } from "../monitoring/jsonMonitor.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Reporting } from "../monitoring/reports/providers.js";
import type { ReportingMonitor } from "../monitoring/reports/ReportingMonitor.js";
import { aliasSecretOf } from "../server/aliasSecret.js";
import { openCrm } from "../server/openCrm.js";
import type { Environment } from "../server/settings.js";
import { TOPIC } from "../server/topic.js";
import { DynamoStorage } from "../storage/dynamodb/DynamoStorage.js";
import type { Storage } from "../storage/Storage.js";
import { WordTextIndex } from "../storage/words/WordTextIndex.js";
import { ApiGatewayTransport } from "../transport/apigateway/ApiGatewayTransport.js";
import { demoBotKey } from "./demoBotKey.js";
import { MetricsMonitor } from "./MetricsMonitor.js";
import { type AwsSettings, readAwsSettings } from "./settings.js";

/** What the functions work with: the same parts that the server opens in one process. */
export interface Service {
	readonly settings: AwsSettings;
	readonly monitor: Monitor;
	readonly storage: Storage;
	readonly apps: Apps;
	/** The app of deployments that have one. */
	readonly app: string;
	readonly crm: Crm;
	/** Resolves when what an event began is done. */
	idle(): Promise<void>;
}

let opening: Promise<Service> | undefined;

/**
 * Has an event served, and waits for what that began, also where it failed: a Lambda is frozen after its handler. Throws as
 * `openService`, once `unopened` is done, and what `work` throws.
 */
export async function serve<T>(
	work: (service: Service) => Promise<T>,
	unopened?: (cause: unknown) => Promise<void>,
): Promise<T> {
	const opened = await service().catch(async (cause: unknown) => {
		await unopened?.(cause);
		throw cause;
	});
	try {
		return await work(opened);
	} finally {
		await opened.idle();
	}
}

/** This process's service, opened when it's first asked for. A failure isn't kept: the next event has it tried again. */
function service(): Promise<Service> {
	opening ??= openService(process.env).catch((error: unknown) => {
		opening = undefined;
		throw error;
	});
	return opening;
}

/** Opens the service by the environment. Throws as `readAwsSettings`, and what the storage throws. */
export async function openService(environment: Environment, clock: () => number = Date.now): Promise<Service> {
	const settings = await readAwsSettings(environment);
	const { jwtSecret, appId: app = "default" } = settings;
	const log = jsonMonitor({ level: settings.logLevel });
	const reports = settings.reporting && (await reportingMonitor(log, settings.reporting));
	const monitor = new MetricsMonitor(reports ?? log, settings.tablePrefix);
	const storage = new DynamoStorage({ prefix: settings.tablePrefix, clock });
	const apps = appsOf(settings, monitor);
	const crm = openCrm({
		topic: TOPIC,
		app,
		settings,
		monitor,
		clock,
		storage,
		textIndex: new WordTextIndex(storage),
		blobs: new S3BlobStore({ bucket: settings.bucket, publicUrl: settings.filesUrl }),
		transport: new ApiGatewayTransport(),
		apps,
		bots: new StentorConnector({ monitor }),
		secret: await aliasSecretOf(storage),
		jwtSecret,
		soleOwner: false,
		feed: "given",
		desk: sharedDesk,
	});
	const idle = async () => {
		await crm.idle();
		await monitor.flush();
		await reports?.idle();
	};
	return { settings, monitor, storage, apps, app, crm, idle };
}

/** Loaded only where errors are reported. */
async function reportingMonitor(log: Monitor, reporting: Reporting): Promise<ReportingMonitor> {
	const { ReportingMonitor } = await import("../monitoring/reports/ReportingMonitor.js");
	return new ReportingMonitor(log, reporting);
}

function appsOf(settings: AwsSettings, monitor: Monitor): Apps {
	const { appsSecretId: secretId, appId, botUrl, publicUrl, jwtSecret } = settings;
	if (secretId) {
		const apps = new SecretsManagerApps({ secretId, monitor });
		return appId ? fixedApp(apps, appId) : apps;
	}
	const usesDemoBot = !botUrl && publicUrl;
	return environmentApps({
		STUDIO_APP_ID: appId,
		BOT_URL: usesDemoBot ? `${publicUrl.replace(/\/$/, "")}/demo-bot` : botUrl,
		BOT_KEY: usesDemoBot ? demoBotKey(jwtSecret) : settings.botKey,
		BOT_NAME: settings.botName ?? (usesDemoBot ? "Assistant" : undefined),
	});
}
