import type { Attendance } from "./Attendance.js";
import type { Connections } from "./Connections.js";
import type { Departures } from "./Departures.js";
import { bargeOut, giveToAnswerer, giveToPeople } from "./floor.js";
import { participantId, sessionKey } from "./identity.js";
import type { PostOfficePorts, Switchboard } from "./ports.js";
import type { SessionLog } from "./SessionLog.js";
import type { Turns } from "./Turns.js";

export interface SteeringPorts extends Pick<PostOfficePorts, "topic" | "secret"> {
	readonly log: SessionLog;
	readonly attendance: Attendance;
	readonly departures: Departures;
	readonly connections: Connections;
	readonly turns: Turns;
	readonly switchboard: Switchboard;
	track(what: string, work: Promise<unknown>): void;
}

/** What is decided of a session outside of it: who may answer, and which agents hear it. */
export class Steering {
	constructor(private readonly ports: SteeringPorts) {}

	/** See `PostOffice.giveFloor`. */
	async giveFloor(app: string, sessionId: string, to: "people" | "answerer", trace: string): Promise<boolean> {
		const { log, switchboard, turns, track } = this.ports;
		const known = await switchboard.app(app);
		const key = this.key(app, sessionId);
		const answerers = switchboard.answerers(known);
		const { result } = await log.change(
			key,
			(draft) => {
				if (to === "answerer") return giveToAnswerer(draft, answerers);
				giveToPeople(draft);
				return draft.head.participants[draft.head.floor.holder ?? ""]?.role !== "answerer";
			},
			{ trace },
		);
		if (to === "answerer" && result) track("turn", turns.run({ key, app: known, answerers, trace }));
		return result;
	}

	/** See `PostOffice.seat`. */
	async seat(app: string, sessionId: string, account: string): Promise<void> {
		const { attendance } = this.ports;
		const key = this.key(app, sessionId);
		for (const connected of await this.desksOf(app, account)) {
			await attendance.join(connected, key, { profile: {}, mayOpen: false });
		}
	}

	/** See `PostOffice.unseat`. */
	async unseat(app: string, sessionId: string, { account, user }: { account: string; user: string }): Promise<void> {
		const { log, departures, switchboard, secret } = this.ports;
		const key = this.key(app, sessionId);
		const answerers = switchboard.answerers(await switchboard.app(app));
		const id = participantId(secret, key, "agent", user);
		await log.change(key, (draft) => bargeOut(draft, id, answerers));
		for (const connected of await this.desksOf(app, account)) await departures.leave(connected, key);
	}

	/** The account's connections that can be in many sessions. */
	private async desksOf(app: string, account: string) {
		const open = await this.ports.connections.ofAccount(app, account);
		return open.filter(({ connector }) => connector.role === "agent" && connector.dialect.manySessions);
	}

	private key(app: string, sessionId: string): string {
		return sessionKey(this.ports.topic, app, sessionId);
	}
}
