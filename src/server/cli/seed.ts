import { StaticApps } from "../../apps/StaticApps.js";
import { FolderBlobStore } from "../../blobs/folder/FolderBlobStore.js";
import { StentorConnector } from "../../connectors/stentor/StentorConnector.js";
import { deskFeed } from "../../crm/desk/DeskFeed.js";
import { jsonMonitor } from "../../monitoring/jsonMonitor.js";
import { LocalTransport } from "../../transport/local/LocalTransport.js";
import { aliasSecretOf } from "../aliasSecret.js";
import { filesIn, jwtSecretIn, prepareDataDir } from "../dataDir.js";
import { DemoSeed, SetClock } from "../demo/seed/DemoSeed.js";
import { demoPlan } from "../demo/seed/plan.js";
import { openCrm } from "../openCrm.js";
import { MESSAGES, openStorage } from "../openStorage.js";
import { loadEnvironment, readSettings, type Settings } from "../settings.js";
import { TOPIC } from "../topic.js";
import { type Command, WrongUsage } from "./Command.js";
import { ProgressBar } from "./ProgressBar.js";

const MOST = 10_000;

export const seed: Command = {
	summary: "Fill the database with a demo; the server must not run",
	usage: "[--conversations <1 to 10000>]",
	details: `Agents, customers, and conversations of the last two weeks in several languages. Default: 200 conversations.
What is there already stays as it is, so that it can be done again. The agents have no passwords: an admin gives them.`,
	options: { conversations: { type: "string", default: "200" } },
	words: 0,
	async run({ options: { conversations } }) {
		const number = /^\d{1,5}$/.test(String(conversations)) ? Number(conversations) : 0;
		if (number < 1 || number > MOST) throw new WrongUsage(`--conversations must be a whole number from 1 to ${MOST}.`);
		const settings = readSettings(loadEnvironment());
		const { agents, made } = await seedInto(settings, number);
		console.log(
			`Made ${agents} agents and ${made} conversations in ${settings.dataDir}; ${number - made} conversations were there.`,
		);
	},
};

/** The server's own services, on its database, with nobody connected and no bot. */
async function seedInto(settings: Settings, number: number): Promise<{ agents: number; made: number }> {
	prepareDataDir(settings.dataDir);
	// A post office waits by timers that keep no process running, and here there's no server that does.
	const running = setInterval(() => {}, 60_000);
	try {
		return await seedNow(settings, number);
	} finally {
		clearInterval(running);
	}
}

async function seedNow(settings: Settings, number: number): Promise<{ agents: number; made: number }> {
	const app = settings.appId ?? "default";
	const storage = await openStorage(settings.dataDir);
	try {
		const jwtSecret = settings.jwtSecret ?? jwtSecretIn(settings.dataDir);
		const secret = await aliasSecretOf(storage);
		const monitor = jsonMonitor({ level: settings.logLevel, write: (_, line) => process.stderr.write(`${line}\n`) });
		const blobs = await FolderBlobStore.open({
			folder: filesIn(settings.dataDir),
			publicUrl: "http://127.0.0.1/files",
			secret: jwtSecret,
		});
		const now = Date.now();
		const clock = new SetClock(now);
		const transport = new LocalTransport();
		const bots = new StentorConnector({ monitor });
		const crm = openCrm({
			topic: TOPIC,
			app,
			settings,
			monitor,
			clock: clock.read,
			storage,
			textIndex: storage.textIndex(MESSAGES),
			desk: deskFeed,
			blobs,
			transport,
			apps: new StaticApps([{ id: app }]),
			bots,
			secret,
			jwtSecret,
			soleOwner: true,
		});
		const demo = new DemoSeed({ crm, clock, app, secret });
		try {
			const agents = await demo.makeAgents();
			const bar = new ProgressBar("Conversations", number);
			let made = 0;
			for (const [i, planned] of demoPlan(number).entries()) {
				bar.show(i);
				if (await demo.makeConversation(planned, now)) made++;
			}
			bar.show(number);
			bar.end();
			return { agents, made };
		} finally {
			clock.now = now;
			await crm.close();
			bots.close();
			await transport.close();
		}
	} finally {
		await storage.close();
	}
}
