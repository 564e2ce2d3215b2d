import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Benchmark } from "./Benchmark.js";
import { clientFor } from "./load/clients/Client.js";
import { inTurns } from "./measure/rounds.js";
import { spread } from "./measure/statistics.js";
import { addressOf, ours, type Peer, socketio, ws } from "./peers/peers.js";

interface Start {
	/** Milliseconds from the start of the process until a client was in its room, and until its message was acknowledged. */
	readonly joined: number;
	readonly acked: number;
}

interface Subject {
	readonly name: string;
	readonly peer: Peer;
	/** Where its database of an earlier run is. */
	readonly folder?: string;
}

async function measure({ peer, folder }: Subject, round: number): Promise<Start> {
	const begun = performance.now();
	const server = await peer.spawn({ folder });
	try {
		const address = await addressOf(peer, server);
		let onAcked = () => {};
		const acked = new Promise<void>((resolve) => {
			onAcked = resolve;
		});
		const place = { ...address, room: `bench-startup-${process.pid}-${round}`, isFirst: true };
		const join = async () => {
			const client = clientFor(address.speech, place, { acked: onAcked, heard() {} });
			await client.join();
			return client;
		};
		// It's tried until the server is there.
		for (;;) {
			const client = await join().catch(() => undefined);
			if (!client) {
				await pause(2);
				continue;
			}
			const joined = performance.now() - begun;
			client.say("m0");
			await acked;
			return { joined, acked: performance.now() - begun };
		}
	} finally {
		await server.stop();
	}
}

export const startup: Benchmark = {
	summary: "time from the start of the process to the first acknowledged message",
	async run({ rounds = 5 }) {
		const folder = mkdtempSync(join(tmpdir(), "stentor-bench-"));
		const subjects: Subject[] = [
			{ name: "ours, first start", peer: ours },
			{ name: "ours, started before", peer: ours, folder },
			{ name: socketio.name, peer: socketio },
			{ name: ws.name, peer: ws },
		];
		try {
			await measure({ name: "", peer: ours, folder }, 1_000);
			const measured = await inTurns(subjects, rounds, measure);
			const rows = subjects.map(({ name }) => {
				const all = measured.get(name) ?? [];
				return [
					name,
					spread(
						all.map((one) => one.joined),
						0,
					),
					spread(
						all.map((one) => one.acked),
						0,
					),
				];
			});
			return {
				tables: [{ columns: ["", "joined, ms", "first message acknowledged, ms"], rows }],
				notes: [`Median of ${rounds} starts, with the range. "First start" makes the database and the secrets.`],
				data: Object.fromEntries(measured),
			};
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	},
};
