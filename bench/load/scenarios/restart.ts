import { setTimeout as pause } from "node:timers/promises";
import type { Place } from "../clients/Client.js";
import { JitteringClient, type Watch, WidgetLike } from "../clients/RestartClients.js";
import type { Job } from "../Job.js";

/** Of five rooms, two have a visitor with the published widget: a fifth of all clients. */
const WIDGETS = 2 / 5;
const SIDE_BY_SIDE = 20;
/** What isn't there by then is lost. */
const LATEST_MS = 60_000;
/** A duplicate may come after all is there. */
const AFTERWARDS_MS = 2_000;

/** When something was, in epoch milliseconds; absent: never. */
export interface Returned {
	readonly isWidget: boolean;
	readonly lost?: number;
	readonly back?: number;
	/** When it first had what the other one in its room said while the server was away. */
	readonly heard?: number;
	/** How often it was shown that. */
	readonly times: number;
	readonly repeated: number;
}

type Noted = { -readonly [field in keyof Returned]: Returned[field] };

/**
 * Fills the rooms with a visitor and an agent each, tells "ready", and waits for the server to end and to be there again.
 * Everybody says something as soon as they have lost it.
 */
export async function restart(job: Job, mark: (name: string) => void): Promise<readonly Returned[]> {
	const run = crypto.randomUUID();
	const all: Noted[] = [];
	const now = () => performance.timeOrigin + performance.now();

	const open = async (place: Place, isWidget: boolean) => {
		const noted: Noted = { isWidget, times: 0, repeated: 0 };
		const number = all.push(noted) - 1;
		const watch: Watch = {
			acked() {},
			heard() {
				noted.times++;
				noted.heard ??= now();
			},
			lost() {
				noted.lost ??= now();
				client.say(`m${number}`);
			},
			back() {
				if (noted.lost !== undefined) noted.back ??= now();
			},
			repeated: () => void noted.repeated++,
		};
		const client = isWidget ? new WidgetLike(place, watch) : new JitteringClient(place, watch);
		await client.join();
	};
	const fill = async (number: number) => {
		const { origin, token } = job;
		const place = { origin, token, room: `bench-${run}-${number}` };
		const isWidget = Math.floor((number + 1) * WIDGETS) > Math.floor(number * WIDGETS);
		await open({ ...place, isFirst: true }, isWidget);
		await open({ ...place, isFirst: false }, false);
	};
	for (let first = 0; first < job.rooms; first += SIDE_BY_SIDE) {
		const count = Math.min(SIDE_BY_SIDE, job.rooms - first);
		await Promise.all(Array.from({ length: count }, (_, index) => fill(first + index)));
	}

	mark("ready");
	const end = performance.now() + LATEST_MS;
	while (performance.now() < end && all.some(({ back, heard }) => back === undefined || heard === undefined)) {
		await pause(50);
	}
	await pause(AFTERWARDS_MS);
	return all;
}
