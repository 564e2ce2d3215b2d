import { createAgentToken } from "../../connectors/admin/agentToken.js";
import { ReportingMonitor } from "../../monitoring/reports/ReportingMonitor.js";
import { jwtSecretIn } from "../dataDir.js";
import { collectAlone } from "../garbageCollection.js";
import { checkNames } from "../misspelt.js";
import { readReporting } from "../reportingSettings.js";
import { type RunningServer, serverLog, startServer } from "../Server.js";
import { loadEnvironment, readDotenv, readSettings, type Settings } from "../settings.js";
import type { Command } from "./Command.js";

export const start: Command = {
	summary: "Start the server and print where to look",
	usage: "",
	details: `Settings come from the environment, or from a .env file in this folder; none is needed.

  PORT               3000; 0 takes any free port
  HOST               127.0.0.1, this machine only; 0.0.0.0 lets others in
  DATA_DIR           .data; where conversations and secrets are kept
  BOT_URL            the bot: Stentor requests are posted there. Default: a built-in demo bot
  BOT_KEY            sent to the bot as "Authorization: Bearer ..."
  BOT_NAME           how the bot is called in conversations
  STUDIO_APP_ID      the app that every connection belongs to
  JWT_SECRET         signs tokens, 32 bytes or more. Default: made at the first start
  ADMIN_EMAIL        who the first admin is, made at the first start. Default: admin@example.com
  ADMIN_PASSWORD     their password, 10 characters or more. Default: made up, and printed once
  VISITOR_AUTH       open (default): a customer of the chat API goes on with a conversation by its id and their
                     e-mail; strict: by its token
  IDENTITY_SECRET    shared with the customers' site, which vouches for them by it, 32 bytes or more
  OIDC_ISSUER        an OpenID provider where agents sign in, such as Cognito; OIDC_AUDIENCE is our client there.
                     OIDC_JWKS_URI, OIDC_GROUPS_CLAIM (cognito:groups), OIDC_ADMIN_GROUP: who is an admin
  RETENTION_DAYS     after how many days a closed conversation is erased. Default: never
  CONNECTION_SERVER_URL  where clients reach this server, such as wss://chat.example.com/ws
  ALLOWED_ORIGINS    pages that may connect besides our own, with commas between them; * for all
  LOG_LEVEL          debug, info, warn (default), error, silent; logs are lines of JSON on stderr
  MONITORING_PROVIDER  sentry, rollbar or logtail: errors are sent there besides. SENTRY_DSN, ROLLBAR_ACCESS_TOKEN,
                     or LOGTAIL_TOKEN and LOGTAIL_HTTP_API_URL, say where to and as whom
  MONITORING_ENVIRONMENT  production; how errors of this server are told there from another's
  MAX_CONNECTIONS    10000
  CONNECTIONS_PER_ADDRESS  1000 of them from one network address, which many people may share
  CONNECTIONS_PER_USER     50 of one visitor or agent: their tabs and devices
  FRAMES_PER_SECOND  50, what one connection may send in the long run
  FRAME_BURST        200, what it may send at once
  REQUESTS_PER_SECOND  50, what one person or API key may ask of the REST API; one address twice as much
  REQUEST_BURST        200, what they may ask at once
  TRUSTED_PROXIES      0; how many proxies of yours stand before the server and say in X-Forwarded-For who asks`,
	options: {},
	words: 0,
	async run() {
		collectAlone();
		const environment = loadEnvironment();
		checkNames(environment, readDotenv());
		const settings = readSettings(environment);
		const reporting = readReporting(environment);
		const reports = reporting && new ReportingMonitor(serverLog(settings), reporting);
		const server = await startServer(settings, reports);
		let toldAt: number | undefined;
		const stop = () => {
			const now = performance.now();
			// Whoever asks again doesn't want to wait.
			if (toldAt !== undefined && now - toldAt > SAME_MS) process.exit(1);
			toldAt ??= now;
			server
				.close()
				.then(() => reports?.idle())
				.then(
					() => process.exit(0),
					() => process.exit(1),
				);
		};
		process.on("SIGINT", stop).on("SIGTERM", stop);
		console.log(await welcome(server, settings));
	},
};

/** npm passes on a Ctrl+C that the terminal has sent to this process too: within so many ms, it's the same one. */
const SAME_MS = 500;

async function welcome({ url, firstAdmin }: RunningServer, settings: Settings): Promise<string> {
	const secret = settings.jwtSecret ?? jwtSecretIn(settings.dataDir);
	const token = await createAgentToken({ secret, subject: "agent" });
	const admin = await firstAdmin;
	const made =
		admin?.password === undefined
			? ""
			: `\n  The first admin        ${admin.email}, password ${admin.password} (it isn't told again)`;
	const bot = settings.botUrl ? new URL(settings.botUrl).host : "the built-in demo bot (set BOT_URL for yours)";
	return `
  A page with the chat   ${url}/
  The agents' desk       ${url}/agent-demo?token=${token}
                         (good for 12 hours; "stentor-chat-router token" makes another)${made}
  Answering              ${bot}
  Data                   ${settings.dataDir}

  Ctrl+C stops.
`;
}
