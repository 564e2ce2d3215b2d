import { loadavg } from "node:os";
import { randomFrom } from "../src/server/demo/seed/plan.js";
import type { Benchmark } from "./Benchmark.js";
import { type GivenDatabase, givenDatabase } from "./crm/database.js";
import { type Asked, REQUESTS, type Request } from "./crm/requests.js";
import { cpuSeconds } from "./measure/processes.js";
import { inTurns } from "./measure/rounds.js";
import { median, percentile } from "./measure/statistics.js";
import { addressOf, ours } from "./peers/peers.js";
import type { ServerProcess } from "./peers/ServerProcess.js";

const SIZES = [10_000, 1_000_000];
/** How often each thing is asked in a round, and before that, untimed. */
const SAMPLES = 60;
const WARM_UP = 10;

interface Subject {
	readonly name: string;
	readonly database: GivenDatabase;
	readonly server: ServerProcess;
	readonly token: string;
}

interface Measured {
	readonly load: number;
	/** By request, each time in milliseconds. */
	readonly times: ReadonlyMap<string, readonly number[]>;
	/** By request, what one took of the server's CPU, in milliseconds. */
	readonly cpu: ReadonlyMap<string, number>;
}

async function measure({ server, token, database }: Subject, round: number): Promise<Measured> {
	const asked: Asked = { server, token, conversations: database.conversations, random: randomFrom(round) };
	const load = loadavg()[0] ?? Number.NaN;
	const times = new Map<string, number[]>();
	const cpu = new Map<string, number>();
	for (const { name, ask } of REQUESTS) {
		for (let i = 0; i < WARM_UP; i++) await ask(asked);
		const all: number[] = [];
		const before = cpuSeconds(server.pid);
		for (let i = 0; i < SAMPLES; i++) all.push(await ask(asked));
		cpu.set(name, ((cpuSeconds(server.pid) - before) * 1000) / SAMPLES);
		times.set(name, all);
	}
	return { load, times, cpu };
}

/** Lists and searches are each of a kind. */
function kindOf({ name }: Request): string {
	return name.split(":", 1)[0] ?? name;
}

export const crm: Benchmark = {
	summary:
		"lists, conversations, search and connecting, with 10,000 and 1,000,000 conversations (some GB in bench/.data)",
	async run({ rounds = 3, histories: sizes = SIZES }) {
		const subjects: Subject[] = [];
		try {
			for (const size of sizes) {
				const database = await givenDatabase(size);
				const server = await ours.start({ folder: database.folder });
				const { token } = await addressOf(ours, server);
				subjects.push({ name: size.toLocaleString("en-US"), database, server, token });
			}
			const measured = await inTurns(subjects, rounds, measure);
			const timesOf = (subject: Subject, requests: readonly Request[]) =>
				(measured.get(subject.name) ?? []).flatMap(({ times }) =>
					requests.flatMap(({ name }) => times.get(name) ?? []),
				);
			const row = (label: string, requests: readonly Request[]) => {
				const p95s = subjects.map((subject) => percentile(timesOf(subject, requests), 0.95));
				const figures = subjects.flatMap((subject, i) => [percentile(timesOf(subject, requests), 0.5), p95s[i] ?? 0]);
				const [first = Number.NaN, last = Number.NaN] = [p95s[0], p95s.at(-1)];
				return [label, ...figures, last / first, requests[0]?.goalMs ?? 0];
			};
			const kinds = [...new Set(REQUESTS.map(kindOf))];
			const columns = [
				...subjects.flatMap(({ name }) => [`${name}: median ms`, `${name}: p95 ms`]),
				"p95 grows by",
				"p95's goal ms",
			];
			const cpuOf = ({ name }: Subject, request: Request) =>
				median((measured.get(name) ?? []).map(({ cpu }) => cpu.get(request.name) ?? Number.NaN));
			const loads = [...measured.values()].flatMap((all) => all.map(({ load }) => load.toFixed(1)));
			return {
				tables: [
					{
						columns: ["", ...columns],
						rows: kinds.map((kind) =>
							row(
								kind,
								REQUESTS.filter((each) => kindOf(each) === kind),
							),
						),
					},
					{
						title: "Each by itself, and what one takes of the server's CPU",
						columns: ["", ...columns, ...subjects.map(({ name }) => `${name}: CPU ms`)],
						rows: REQUESTS.map((request) => [
							...row(request.name, [request]),
							...subjects.map((subject) => cpuOf(subject, request)),
						]),
					},
				],
				notes: [
					`One request at a time, over HTTP or a new WebSocket, from another process; ${rounds} rounds of ${SAMPLES} each, in turns.`,
					`Five messages a conversation; databases: ${subjects.map(({ name, database: { bytes } }) => `${name}: ${(bytes / 1e9).toFixed(2)} GB`).join(", ")}.`,
					`Load average at each round: ${loads.join(", ")}.`,
				],
				data: Object.fromEntries(
					[...measured].map(([name, all]) => [
						name,
						all.map(({ load, times }) => ({ load, times: Object.fromEntries(times) })),
					]),
				),
			};
		} finally {
			for (const { server } of subjects) await server.stop();
		}
	},
};
