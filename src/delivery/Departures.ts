import type { Transport } from "../transport/Transport.js";
import type { Connected } from "./Connections.js";
import type { Cursors } from "./Cursors.js";
import type { Fanout, Target } from "./Fanout.js";
import { noteAway } from "./floor.js";
import type { Memberships } from "./Memberships.js";
import { attachedAs, detach, isReachable } from "./membership.js";
import type { SessionLog } from "./SessionLog.js";

export interface DeparturesPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly memberships: Memberships;
	readonly transport: Transport;
	track(what: string, work: Promise<unknown>): void;
}

/** Who goes away: by closing, by leaving, or by being found gone. */
export class Departures {
	constructor(private readonly ports: DeparturesPorts) {}

	/** A connection has ended. `forget`: its client went for good (a page was closed), it can't come back to its place. */
	async leaveAll(connected: Connected, forget: boolean): Promise<void> {
		const keys = Object.keys(connected.record.sessions);
		await Promise.all(keys.map((key) => this.goAway(key, connected.address.connection, forget)));
	}

	/** A connection leaves one session and stays open. */
	async leave(connected: Connected, key: string): Promise<void> {
		const { memberships } = this.ports;
		await memberships.remove(connected.app.id, connected.record.user, key);
		await this.goAway(key, connected.address.connection, false);
	}

	private async goAway(key: string, connection: string, forget: boolean): Promise<void> {
		const { log, cursors, transport } = this.ports;
		const { result: gone } = await log.change(
			key,
			(draft) => {
				const at = attachedAs(draft.head, connection);
				if (!at) return undefined;
				const reader = `${at.participantId}/${at.endpointId}`;
				const seen = transport.confirms ? (cursors.inMemory(key, reader).pushed ?? 0) : draft.head.seq;
				detach(draft, at.participantId, at.endpointId, connection, { seen, forget });
				noteAway(draft);
				return { reader, participantId: at.participantId, isLast: !isReachable(at.participant) };
			},
			// Where it was is in the head now.
			{ afterwards: (_, { result }) => result && cursors.forget(key, result.reader) },
		);
		if (gone?.isLast) await cursors.flush().then(() => cursors.forget(key, gone.participantId));
	}

	/** An endpoint didn't get the entry `seq`: it's detached, and has that to come. */
	async lost(target: Target, seq: number): Promise<void> {
		const { log, fanout, transport, cursors } = this.ports;
		const { key, participantId, endpointId, address } = target;
		const reader = `${participantId}/${endpointId}`;
		await log.change(
			key,
			(draft) => {
				const seen = transport.confirms ? (cursors.inMemory(key, reader).pushed ?? 0) : seq - 1;
				detach(draft, participantId, endpointId, address.connection, { seen });
				noteAway(draft);
			},
			{
				afterwards: (head) => {
					cursors.forget(key, reader);
					// It has come back meanwhile, and was taken to have had this entry.
					const endpoint = head.participants[participantId]?.endpoints[endpointId];
					if (transport.confirms || !endpoint?.connection || endpoint.connection === address.connection) return;
					const [now] = fanout.targets(head, (_, __, each) => each.connection === endpoint.connection);
					if (now) this.ports.track("push", fanout.stream(now, log.entries(key, seq - 1, endpoint.since)));
				},
			},
		);
	}
}
