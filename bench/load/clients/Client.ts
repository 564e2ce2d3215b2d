import type { Job, Speech } from "../Job.js";
import { OursClient } from "./OursClient.js";
import { SocketIoClient } from "./SocketIoClient.js";
import { WsClient } from "./WsClient.js";

/** What a client learns. */
export interface Ears {
	/** A message of its own was taken. */
	acked(id: string): void;
	/** The other one in its room said something. */
	heard(id: string): void;
}

/** One of the two in a room. */
export interface Client {
	/** Resolves when it can speak, and hears its room. */
	join(): Promise<void>;
	say(id: string): void;
}

export type Place = Pick<Job, "origin" | "token"> & {
	readonly room: string;
	/** The room's first client is the visitor at ours, the second one the agent; the others don't care. */
	readonly isFirst: boolean;
};

const KINDS: { [speech in Speech]: new (place: Place, ears: Ears) => Client } = {
	ours: OursClient,
	socketio: SocketIoClient,
	ws: WsClient,
};

export function clientFor(speech: Speech, place: Place, ears: Ears): Client {
	return new KINDS[speech](place, ears);
}

const SIDE_BY_SIDE = 20;

/** Fills rooms with two clients each; answers them by room. */
export async function fillRooms(job: Job, ears: (client: number) => Ears): Promise<[Client, Client][]> {
	const run = crypto.randomUUID();
	const filled: [Client, Client][] = [];
	const fill = async (room: number) => {
		const place = { origin: job.origin, token: job.token, room: `bench-${run}-${room}` };
		const first = clientFor(job.speech, { ...place, isFirst: true }, ears(2 * room));
		const second = clientFor(job.speech, { ...place, isFirst: false }, ears(2 * room + 1));
		await first.join();
		await second.join();
		filled[room] = [first, second];
	};
	for (let room = 0; room < job.rooms; room += SIDE_BY_SIDE) {
		const some = Array.from({ length: Math.min(SIDE_BY_SIDE, job.rooms - room) }, (_, i) => fill(room + i));
		await Promise.all(some);
	}
	return filled;
}
