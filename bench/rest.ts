import { once } from "node:events";
import { join, resolve } from "node:path";
import { WebSocket } from "ws";
import type { Benchmark } from "./Benchmark.js";
import { CpuMeter, generateLoad } from "./load/LoadProcess.js";
import type { RestThroughput } from "./load/scenarios/rest.js";
import { inTurns, ratios } from "./measure/rounds.js";
import { median, spread } from "./measure/statistics.js";
import { ADMIN, ours } from "./peers/peers.js";
import { ServerProcess } from "./peers/ServerProcess.js";

type Measured = RestThroughput & { readonly cpuPerAnswer: number };

const WARM_UP_S = 3;
const CONNECTIONS = 32;
const BARE = "bare Hono route";

/** A conversation of a customer who has just come, and its address. */
async function conversationOf(server: ServerProcess, token: string): Promise<{ path: string; json: string }> {
	const user = encodeURIComponent(JSON.stringify({ email: "ada@example.com", name: "Ada Lovelace" }));
	const socket = new WebSocket(`ws://${server.origin}/ws?user=${user}`);
	const [frame] = await once(socket, "message");
	const { conversationId } = JSON.parse(String(frame)) as { conversationId: string };
	socket.close();
	const path = `/api/conversations/${conversationId}`;
	const answer = await fetch(`http://${server.origin}${path}`, { headers: { Authorization: `Bearer ${token}` } });
	const { data } = (await answer.json()) as { data: object };
	return { path, json: JSON.stringify(data) };
}

/** An access token of the admin, as whoever signs in has one. */
async function signIn(server: ServerProcess): Promise<string> {
	const answer = await fetch(`http://${server.origin}/api/auth/login`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify(ADMIN),
	});
	if (!answer.ok) throw new Error(`Signing in was answered ${answer.status}.`);
	const { data } = (await answer.json()) as { data: { accessToken: string } };
	return data.accessToken;
}

async function load(server: ServerProcess, job: { path: string; token: string; seconds: number }): Promise<Measured> {
	const cpu = new CpuMeter(server.pid);
	const { origin } = server;
	const rest = { scenario: "rest", speech: "ours", rooms: 0, perSecond: 0, window: CONNECTIONS } as const;
	const result = await generateLoad<RestThroughput>({ ...rest, ...job, origin, warmUpSeconds: WARM_UP_S }, cpu.mark);
	if (result.failed > 0) throw new Error(`${result.failed} requests failed.`);
	return { ...result, cpuPerAnswer: (cpu.seconds * 1e6) / (result.answersPerSecond * job.seconds) };
}

export const rest: Benchmark = {
	summary:
		"requests a second of GET /api/conversations/:id, against a bare Hono route that answers the same out of memory",
	async run({ rounds = 3, seconds = 6 }) {
		const subjects = [{ name: ours.name }, { name: BARE }];
		let asked: { path: string; json: string; token: string } | undefined;
		const measured = await inTurns(subjects, rounds, async ({ name }) => {
			const own = await ours.start();
			try {
				const token = await signIn(own);
				asked = { ...(await conversationOf(own, token)), token };
				if (name === ours.name) return await load(own, { ...asked, seconds });
			} finally {
				await own.stop();
			}
			const env = () => ({ CONVERSATION: asked?.json ?? "{}" });
			const bare = await ServerProcess.start({ args: [join(resolve("bench/.build"), "peers/honoServer.js")], env });
			try {
				return await load(bare, { ...asked, seconds });
			} finally {
				await bare.stop();
			}
		});
		const rows = subjects.map(({ name }) => {
			const all = measured.get(name) ?? [];
			const of = (value: (one: Measured) => number) => all.map(value);
			return [
				name,
				spread(
					of((one) => one.answersPerSecond),
					0,
				),
				spread(ratios(measured, name, BARE, (one) => one.answersPerSecond)),
				median(of((one) => one.cpuPerAnswer)),
				median(of((one) => one.generatorCpu)),
				median(of((one) => one.bytes)),
			];
		});
		return {
			tables: [
				{
					columns: ["", "answers/s", "ratio to bare Hono", "server CPU, µs an answer", "load generator, CPUs", "bytes"],
					rows,
				},
			],
			notes: [
				`${CONNECTIONS} connections with a request in flight each, of one admin; medians of ${rounds} rounds of ${seconds} s after ${WARM_UP_S} s, with the range.`,
				"Ours proves who asks, authorises, and reads the conversation and what was counted of it from its database.",
			],
			data: Object.fromEntries(measured),
		};
	},
};
