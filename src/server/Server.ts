import { randomBytes } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { environmentApps } from "../apps/environmentApps.js";
import { AdminConnector } from "../connectors/admin/AdminConnector.js";
import { agentTokens } from "../connectors/admin/agentToken.js";
import type { Connector } from "../connectors/Connector.js";
import { ChatAgentConnector } from "../connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../connectors/chat/ChatCustomerConnector.js";
import type { FrontDesk } from "../connectors/chat/FrontDesk.js";
import { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import { WidgetConnector } from "../connectors/widget/WidgetConnector.js";
import { PostOffice } from "../delivery/PostOffice.js";
import { collections } from "../delivery/records.js";
import { jsonMonitor } from "../monitoring/jsonMonitor.js";
import type { Monitor } from "../monitoring/Monitor.js";
import { RouterError } from "../protocol/errors.js";
import { LibsqlStorage } from "../storage/libsql/LibsqlStorage.js";
import { LocalTransport } from "../transport/local/LocalTransport.js";
import { listen } from "./address.js";
import { aliasSecretOf, serverKeys } from "./aliasSecret.js";
import { databaseIn, jwtSecretIn, prepareDataDir } from "./dataDir.js";
import { DemoSessions, demoSessions } from "./demo/DemoSessions.js";
import { Desk } from "./demo/Desk.js";
import { demoBotHandler } from "./demo/demoBot.js";
import { Routes } from "./http/Routes.js";
import { type Health, routeTable } from "./routeTable.js";
import type { Settings } from "./settings.js";
import { Load } from "./sockets/Load.js";
import { SocketDoor } from "./sockets/SocketDoor.js";
import { Upkeep } from "./Upkeep.js";

/** A server that answers. */
export interface RunningServer {
	/** Where this machine reaches it, such as `http://127.0.0.1:3000`. */
	readonly url: string;
	/** Stops gracefully: clients are told to reconnect, what's under way is finished within 10 seconds, files are closed. */
	close(): Promise<void>;
}

const TOPIC = "chat";
const CLOSE_MS = 10_000;

/**
 * Starts a whole post office in this process: its database, its HTTP and WebSocket server, its pages. `clock`: epoch
 * milliseconds; `frontDesk` receives customers of the chat API, who are refused without one. Throws a `RouterError`
 * whose message names what is to be changed.
 */
export async function startServer(
	settings: Settings,
	monitor: Monitor = jsonMonitor({ level: settings.logLevel, write: toStderr }),
	clock: () => number = Date.now,
	frontDesk: FrontDesk = noFrontDesk,
): Promise<RunningServer> {
	prepareDataDir(settings.dataDir);
	const tokens = agentTokens(settings.jwtSecret ?? jwtSecretIn(settings.dataDir));
	const storage = await LibsqlStorage.open({
		path: databaseIn(settings.dataDir),
		collections: [...collections, demoSessions, serverKeys],
		clock,
	});
	const http = createServer();
	try {
		const secret = await aliasSecretOf(storage);
		const url = await listen(http, settings);
		return open({ settings, monitor, clock, storage, http, url, secret, tokens, frontDesk });
	} catch (error) {
		http.close();
		await storage.close();
		throw error;
	}
}

/** Stdout is for people. */
function toStderr(_level: string, line: string): void {
	process.stderr.write(`${line}\n`);
}

interface Foundation {
	readonly settings: Settings;
	readonly monitor: Monitor;
	readonly clock: () => number;
	readonly storage: LibsqlStorage;
	readonly http: HttpServer;
	readonly url: string;
	readonly secret: string;
	readonly tokens: ReturnType<typeof agentTokens>;
	readonly frontDesk: FrontDesk;
}

const noFrontDesk: FrontDesk = {
	async open() {
		throw new RouterError("session_forbidden", "This server receives no customers by the chat API.");
	},
};

/** Which dialect a client speaks shows by the query: `user` is the chat API's. It has a `token` of its own, so it's first. */
function socketConnectors({ tokens, secret, frontDesk }: Foundation): readonly Connector[] {
	return [
		new ChatAgentConnector(tokens),
		new ChatCustomerConnector({ frontDesk, secret }),
		new AdminConnector(tokens),
		new WidgetConnector(),
	];
}

function open(foundation: Foundation): RunningServer {
	const { settings, monitor, clock, storage, http, url, secret, tokens } = foundation;
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
	const office = new PostOffice({
		topic: TOPIC,
		storage,
		transport,
		apps,
		connectors: [...socketConnectors(foundation), bots],
		monitor,
		clock,
		secret,
		soleOwner: true,
	});
	const sessions = new DemoSessions(storage, office);
	office.plug(sessions);
	const desk = new Desk(tokens, sessions, app);
	const health: Health = { isStopping: false, isStored: () => storage.get(serverKeys, ["alias"]).then(Boolean) };
	const routes = new Routes({ ...routeTable({ app, health, demoBot }), ...desk.routes }, monitor);
	const load = new Load();
	const door = new SocketDoor({ office, load, monitor, transport, settings, agentToken: (from) => desk.tokenOf(from) });
	http.on("request", (request, response) => void routes.serve(request, response));
	http.on("upgrade", (request, socket, head) => void door.enter(request, socket, head));
	const upkeep = new Upkeep(office, storage, monitor);
	monitor.info("started", { app });

	const close = async () => {
		health.isStopping = true;
		upkeep.close();
		// Bots are still waited for, and the demo bot is one that this very server has to answer for.
		const finished = door.close().then(() => office.close());
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
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}
