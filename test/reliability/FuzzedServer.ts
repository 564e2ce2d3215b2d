import { setTimeout as pause } from "node:timers/promises";
import { ChatServer } from "../e2e/ChatServer.js";
import { check, type Violation } from "./check.js";
import { History } from "./history.js";
import { RouterClient } from "./RouterClient.js";
import { readStored } from "./storedLogs.js";

const ROOMS = 5;
const SAY_EVERY_MS = 100;

/** A real server, with people who talk all the while and must not notice what others do to it. */
export class FuzzedServer {
	readonly history = new History();
	private isTalking = true;
	private talk: Promise<void> = Promise.resolve();

	private constructor(
		readonly server: ChatServer,
		private readonly people: readonly RouterClient[] = [],
	) {}

	static async start(): Promise<FuzzedServer> {
		const server = await ChatServer.start({
			// Whatever goes wrong inside shows as a line.
			LOG_LEVEL: "error",
			// Frames beyond the rate are refused unread; here all are to be read.
			FRAMES_PER_SECOND: "100000",
			FRAME_BURST: "100000",
		});
		const people: RouterClient[] = [];
		const fuzzed = new FuzzedServer(server, people);
		for (let room = 0; room < ROOMS; room++) {
			const place = { url: server.url, history: fuzzed.history, session: `honest-${room}` };
			people.push(await RouterClient.open(place), await RouterClient.open({ ...place, token: server.token }));
		}
		fuzzed.talk = fuzzed.keepTalking();
		return fuzzed;
	}

	/** How often people's connections were made: once each, if nobody was disturbed. */
	get arrivals(): readonly number[] {
		return this.people.map((client) => client.arrivals);
	}

	/** Has everybody finish what they say, ends the server, and answers what was wrong with what they saw. */
	async conclude(): Promise<Violation[]> {
		this.isTalking = false;
		await this.talk;
		for (const client of this.people) await client.idle();
		for (const client of this.people) await client.catchUp();
		for (const client of this.people) client.close();
		await this.server.kill();
		const { logs } = readStored(this.server.dataDir);
		for (const { session } of this.history.readers) this.history.logs.set(session, logs.get(session) ?? []);
		return check(this.history);
	}

	async close(): Promise<void> {
		this.isTalking = false;
		await this.talk;
		for (const client of this.people) client.close();
		await this.server.close();
	}

	private async keepTalking(): Promise<void> {
		for (let message = 1; this.isTalking; message++) {
			for (const client of this.people) client.say(`Something honest, ${message}`);
			await pause(SAY_EVERY_MS);
		}
	}
}
