import { randomBytes } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Apps } from "../apps/Apps.js";
import { environmentApps } from "../apps/environmentApps.js";
import { FolderBlobRoutes } from "../blobs/folder/FolderBlobRoutes.js";
import { FolderBlobStore } from "../blobs/folder/FolderBlobStore.js";
import { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import { deskFeed } from "../crm/desk/DeskFeed.js";
import { jsonMonitor } from "../monitoring/jsonMonitor.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { LibsqlStorage } from "../storage/libsql/LibsqlStorage.js";
import { LocalTransport } from "../transport/local/LocalTransport.js";
import { listen } from "./address.js";
import { aliasSecretOf, serverKeys } from "./aliasSecret.js";
import { ApiDoor } from "./api/ApiDoor.js";
import { filesIn, jwtSecretIn, prepareDataDir } from "./dataDir.js";
import { DemoSessions } from "./demo/DemoSessions.js";
import { Desk } from "./demo/Desk.js";
import { demoBotHandler } from "./demo/demoBot.js";
import { FetchRoutes } from "./http/FetchRoutes.js";
import { Routes } from "./http/Routes.js";
import { openCrm } from "./openCrm.js";
import { MESSAGES, openStorage } from "./openStorage.js";
import { type Health, routeTable } from "./routeTable.js";
import type { Settings } from "./settings.js";
import { Load } from "./sockets/Load.js";
import { SocketDoor } from "./sockets/SocketDoor.js";
import { TOPIC } from "./topic.js";
import { Upkeep } from "./Upkeep.js";
import { version } from "./version.js";

/** A server that answers. */
export interface RunningServer {
	/** Where this machine reaches it, such as `http://127.0.0.1:3000`. */
	readonly url: string;
	/**
	 * At the first start, how its first admin signs in; `password` is there only where it was made up, and is told only
	 * once. Undefined at later starts.
	 */
	readonly firstAdmin: Promise<{ readonly email: string; readonly password?: string } | undefined>;
	/** Stops gracefully: clients are told to reconnect, what's under way is finished within 10 seconds, files are closed. */
	close(): Promise<void>;
}

const CLOSE_MS = 10_000;
/** Where files are put and read. */
const FILES = "/files";

/**
 * Starts the whole service in this process: its database, its HTTP and WebSocket server, its pages. `clock`: epoch
 * milliseconds. Throws a `RouterError` whose message names what is to be changed.
 */
export async function startServer(
	settings: Settings,
	monitor: Monitor = serverLog(settings),
	clock: () => number = Date.now,
): Promise<RunningServer> {
	prepareDataDir(settings.dataDir);
	const jwtSecret = settings.jwtSecret ?? jwtSecretIn(settings.dataDir);
	const storage = await openStorage(settings.dataDir, clock);
	const http = createServer();
	try {
		const secret = await aliasSecretOf(storage);
		let url = "";
		const blobs = await FolderBlobStore.open({
			folder: filesIn(settings.dataDir),
			publicUrl: () => `${publicUrl(url, settings)}${FILES}`,
			secret: jwtSecret,
			clock,
		});
		url = await listen(http, settings);
		// Nothing is waited for in between: who comes before there's somebody to answer is never answered.
		return open({ settings, monitor, clock, storage, blobs, http, url, secret, jwtSecret });
	} catch (error) {
		http.close();
		await storage.close();
		throw error;
	}
}

/** What a server logs: to stderr, as stdout is for people. */
export function serverLog({ logLevel }: Pick<Settings, "logLevel">): Monitor {
	return jsonMonitor({ level: logLevel, write: (_, line) => void process.stderr.write(`${line}\n`) });
}

/** Where clients reach this server. */
function publicUrl(url: string, { connectionServerUrl }: Settings): string {
	return connectionServerUrl ? new URL(connectionServerUrl.replace(/^ws/, "http")).origin : url;
}

interface Foundation {
	readonly settings: Settings;
	readonly monitor: Monitor;
	readonly clock: () => number;
	readonly storage: LibsqlStorage;
	readonly blobs: FolderBlobStore;
	readonly http: HttpServer;
	readonly url: string;
	/** Keys the aliases of users. */
	readonly secret: string;
	readonly jwtSecret: string;
}

function apiPorts({ settings, monitor, clock, storage, jwtSecret: secret }: Foundation, apps: Apps) {
	const { allowedOrigins, trustedProxies, requestsPerSecond, requestBurst } = settings;
	return {
		topic: TOPIC,
		storage,
		apps,
		monitor,
		clock,
		secret,
		allowedOrigins,
		trustedProxies,
		about: { title: "stentor-chat-router", version: version() },
		limits: {
			perActor: { perSecond: requestsPerSecond, burst: requestBurst },
			perAddress: { perSecond: 2 * requestsPerSecond, burst: 2 * requestBurst },
		},
	};
}

function open(foundation: Foundation): RunningServer {
	const { settings, monitor, storage, blobs, http, url } = foundation;
	const demoKey = randomBytes(32).toString("base64url");
	const demoBot = settings.botUrl ? undefined : demoBotHandler(demoKey);
	const apps = environmentApps({
		STUDIO_APP_ID: settings.appId,
		BOT_URL: settings.botUrl ?? `${url}/demo-bot`,
		BOT_KEY: settings.botUrl ? settings.botKey : demoKey,
		BOT_NAME: settings.botName ?? (demoBot && "Assistant"),
	});
	const app = settings.appId ?? "default";
	const transport = new LocalTransport();
	const bots = new StentorConnector({ monitor });
	const textIndex = storage.textIndex(MESSAGES);
	const scrub = () => storage.scrub();
	const ofOneProcess = { soleOwner: true, desk: deskFeed };
	const crm = openCrm({ ...foundation, ...ofOneProcess, textIndex, topic: TOPIC, app, transport, apps, bots, scrub });
	const { office } = crm;
	const sessions = new DemoSessions(storage, office);
	office.plug(sessions);
	const desk = new Desk(crm.access, sessions, app);
	const health: Health = { isStopping: false, isStored: () => storage.get(serverKeys, ["alias"]).then(Boolean) };
	const routes = new Routes({ ...routeTable({ app, health, demoBot }), ...desk.routes }, monitor);
	const onError = (error: unknown) => monitor.error("file not served", error);
	const files = new FetchRoutes(new FolderBlobRoutes(blobs, { onError }).fetch);
	const load = new Load();
	const door = new SocketDoor({ office, load, monitor, transport, settings, agentToken: (from) => desk.tokenOf(from) });
	const api = new ApiDoor(async () => {
		const { apiListener } = await import("./api/apiListener.js");
		return apiListener(crm, { ...apiPorts(foundation, apps), isStopping: () => health.isStopping });
	});
	http.on("request", (request, response) => {
		if (ApiDoor.isFor(request.url)) api.serve(request, response);
		else if (request.url?.startsWith(`${FILES}/`)) void files.serve(request, response);
		else void routes.serve(request, response);
	});
	http.on("upgrade", (request, socket, head) => void door.enter(request, socket, head));
	const upkeep = new Upkeep(crm, storage, monitor);
	const { adminEmail: email, adminPassword: password } = settings;
	const firstAdmin = crm.accounts
		.makeFirstAdmin(app, { email, password })
		.then((made) => made && { email: made.agent.email, password: made.madePassword });
	firstAdmin.catch((error: unknown) => monitor.error("first admin not made", error));
	monitor.info("started", { app });

	const close = async () => {
		health.isStopping = true;
		upkeep.close();
		await firstAdmin.catch(() => undefined);
		// Bots are still waited for, and the demo bot is one that this very server has to answer for.
		const finished = Promise.all([door.close(), api.idle()]).then(() => crm.close());
		await Promise.race([finished, pause(CLOSE_MS, undefined, { ref: false })]).catch((error: unknown) => {
			monitor.error("stopping failed", error);
		});
		http.close();
		http.closeAllConnections();
		load.close();
		bots.close();
		await transport.close();
		await storage.close();
		monitor.info("stopped");
	};
	let closing: Promise<void> | undefined;
	return {
		url,
		firstAdmin,
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}
