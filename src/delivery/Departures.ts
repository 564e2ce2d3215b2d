import type { Transport } from "../transport/Transport.js";
import type { Connected, Connections } from "./Connections.js";
import type { Cursors } from "./Cursors.js";
import type { Fanout } from "./Fanout.js";
import type { Memberships } from "./Memberships.js";
import { detach, lose } from "./membership.js";
import { attachedAs, isReachable } from "./participants.js";
import type { SessionLog } from "./SessionLog.js";
import type { Target } from "./targets.js";

export interface DeparturesPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly connections: Connections;
	readonly memberships: Memberships;
	readonly transport: Transport;
	/** Pushes an endpoint what came while it was away. */
	catchUp(target: Target): Promise<void>;
}

/** Who goes away: by closing, by leaving, or by being found gone. */
export class Departures {
	constructor(private readonly ports: DeparturesPorts) {}

	/**
	 * A connection has ended; answers whose it was, if that's known. `forget`: its client went for good (a page was closed),
	 * it can't come back to its place.
	 */
	async depart(connection: string, forget: boolean): Promise<Connected | undefined> {
		const connected = await this.ports.connections.end(connection);
		if (!connected) return undefined;
		const keys = Object.keys(connected.record.sessions);
		await Promise.all([
			connected.connector.desk?.unsubscribe({ connection, app: connected.app.id }),
			...keys.map((key) => this.goAway(key, connection, forget)),
		]);
		return connected;
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
				detach(draft, at, { seen, forget });
				return { reader, participantId: at.participantId, isLast: !isReachable(at.participant) };
			},
			// Where it was is in the head now.
			{ afterwards: (_, { result }) => result && cursors.forget(key, result.reader) },
		);
		if (gone?.isLast) await cursors.flush().then(() => cursors.forget(key, gone.participantId));
	}

	/** Detaches agents whose connections ended without anybody telling. */
	async dropDead(key: string): Promise<void> {
		const { log, fanout, transport, connections, catchUp } = this.ports;
		const head = await log.peek(key);
		// Those that weren't open yet when they were pushed something: by now they are, or they're gone.
		const unheard = head
			? fanout.targets(head, (_, { bargedIn }, { behind }) => bargedIn === true && behind === true)
			: [];
		await Promise.all(unheard.map((target) => catchUp(target)));
		const held = Object.values(head?.participants ?? {}).filter(({ bargedIn }) => bargedIn);
		const open = held.flatMap(({ endpoints }) => Object.values(endpoints).flatMap((each) => each.connection ?? []));
		const isAlive = await Promise.all(open.map((connection) => connections.isAlive(connection)));
		const dead = open.filter((_, index) => !isAlive[index]);
		if (dead.length === 0) return;
		await log.change(key, (draft) => {
			for (const connection of dead) {
				const at = attachedAs(draft.head, connection);
				if (at) detach(draft, at, { seen: transport.confirms ? 0 : draft.head.seq });
			}
		});
	}

	/** An endpoint was not handed the entry `seq`. */
	async lost({ key, participantId, endpointId, address: { connection } }: Target, seq: number): Promise<void> {
		const { log, fanout, transport, cursors } = this.ports;
		const at = { participantId, endpointId, connection };
		await log.change(
			key,
			(draft) => {
				const confirmed = cursors.inMemory(key, `${participantId}/${endpointId}`).pushed ?? 0;
				return lose(draft, at, seq, transport.confirms ? confirmed : undefined);
			},
			{
				afterwards: (head, { result: missing }) => {
					for (const { connection, from, to } of missing) {
						const [now] = fanout.targets(head, (_, __, endpoint) => endpoint.connection === connection);
						if (now) fanout.stream(now, log.entries(key, from, to), from);
					}
				},
			},
		);
	}
}
