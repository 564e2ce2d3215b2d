import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark } from "./Benchmark.js";
import { generateLoad } from "./load/LoadProcess.js";
import type { Returned } from "./load/scenarios/restart.js";
import { inTurns } from "./measure/rounds.js";
import { percentile } from "./measure/statistics.js";
import { addressOf, ours } from "./peers/peers.js";

const ROOMS = 1_000;
/** For the load generator: until all are in their rooms, and until all are back. */
const SECONDS = 120;
/** What came within this of each other came at once. */
const AT_ONCE_MS = 100;

interface Restart {
	/** In epoch milliseconds: when the server was told to end, had ended, and answered again. */
	readonly told: number;
	readonly ended: number;
	readonly answered: number;
	readonly clients: readonly Returned[];
}

interface Way {
	readonly name: string;
	readonly signal: "SIGTERM" | "SIGKILL";
}

const WAYS: readonly Way[] = [
	{ name: "SIGTERM", signal: "SIGTERM" },
	{ name: "SIGKILL", signal: "SIGKILL" },
];

async function measure({ signal }: Way): Promise<Restart> {
	const folder = mkdtempSync(join(tmpdir(), "stentor-bench-"));
	let server = await ours.start({ folder });
	try {
		const { port } = server;
		const now = () => performance.timeOrigin + performance.now();
		const restarted = async () => {
			const told = now();
			await server.stop(signal);
			const ended = now();
			server = await ours.start({ folder, port });
			return { told, ended, answered: now() };
		};
		let times: ReturnType<typeof restarted> | undefined;
		const job = { ...(await addressOf(ours, server)), rooms: ROOMS, seconds: SECONDS, warmUpSeconds: 0, window: 0 };
		const clients = await generateLoad<readonly Returned[]>({ ...job, scenario: "restart", perSecond: 0 }, () => {
			times = restarted();
		});
		if (!times) throw new Error("The load generator ended before its clients were there.");
		return { ...(await times), clients };
	} finally {
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

const seconds = (ms: number) => (ms / 1000).toFixed(2);

/** `0.5 / 0.95 / 1` of the times, in seconds. */
function spreadOf(times: readonly number[]): string {
	return [0.5, 0.95, 1].map((share) => seconds(percentile(times, share))).join(" / ");
}

/** How many of these came within 100 ms, at most. */
function mostAtOnce(times: readonly number[]): number {
	const sorted = Float64Array.from(times).sort();
	let most = 0;
	for (let from = 0, to = 0; to < sorted.length; to++) {
		while ((sorted[to] ?? 0) - (sorted[from] ?? 0) > AT_ONCE_MS) from++;
		most = Math.max(most, to - from + 1);
	}
	return most;
}

const isThere = (time: number | undefined): time is number => time !== undefined;

function row(name: string, all: readonly Restart[], which: (one: Returned) => boolean): (string | number)[] {
	const chosen = all.map((one) => ({ ...one, clients: one.clients.filter(which) }));
	const clients = chosen.flatMap((one) => one.clients);
	const since = (from: "told" | "answered", what: "back" | "heard") =>
		chosen.flatMap((one) =>
			one.clients
				.map((each) => each[what])
				.filter(isThere)
				.map((time) => time - one[from]),
		);
	return [
		name,
		`${clients.filter(({ back }) => isThere(back)).length} of ${clients.length}`,
		spreadOf(since("told", "back")),
		spreadOf(since("told", "heard")),
		spreadOf(since("answered", "heard")),
		Math.max(...chosen.map((one) => mostAtOnce(one.clients.map(({ back }) => back).filter(isThere)))),
		clients.filter(({ times }) => times === 0).length,
		clients.filter(({ times }) => times > 1).length,
		clients.reduce((sum, { repeated }) => sum + repeated, 0),
	];
}

export const restart: Benchmark = {
	summary: "the server ends and is started again on its data, with 2,000 clients connected",
	async run({ rounds = 1 }) {
		const measured = await inTurns(WAYS, rounds, measure);
		const rows = WAYS.flatMap(({ name }) => {
			const all = measured.get(name) ?? [];
			const away = all.map(({ told, answered }) => answered - told);
			return [
				row(`${name} (away ${away.map(seconds).join(", ")} s)`, all, () => true),
				row("– our client", all, ({ isWidget }) => !isWidget),
				row("– published widget", all, ({ isWidget }) => isWidget),
			];
		});
		const columns = [
			"p50 / p95 / max, s",
			"are back",
			"back, since the signal",
			"had a message, since the signal",
			"had a message, since it answers",
			"most back in 100 ms",
			"lost",
			"shown twice",
			"repeated frames",
		];
		return {
			tables: [{ columns, rows }],
			notes: [
				`${2 * ROOMS} clients in ${ROOMS} sessions of a visitor and an agent. As soon as they have lost the server, each says something, and is to have what the other one said.`,
				"Our client tries again at any time within 2 s, and after a try in vain within twice as long, up to 8 s. A fifth of all clients do as the published widget: they come back 5 s after they lost the server.",
				"Lost: what the other one said never came.",
			],
			data: Object.fromEntries(measured),
		};
	},
};
