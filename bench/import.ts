import { fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";
import { connectEvent } from "../test/support/apiGatewayEvents.js";
import type { Benchmark } from "./Benchmark.js";
import { inTurns } from "./measure/rounds.js";
import { median, spread } from "./measure/statistics.js";

const PROBE = resolve("bench/import/probe.cjs");

interface Subject {
	readonly name: string;
	readonly entry: string;
	readonly bundle: string;
}

interface Start {
	/** Milliseconds until the bundle was loaded, and until it had handled a first event. */
	readonly load: number;
	readonly handled: number;
}

const SUBJECTS: readonly Subject[] = [
	{ name: "AWS clients alone", entry: "bench/import/clients.ts", bundle: resolve("bench/.build/import/clients.cjs") },
	{
		name: "quick start",
		entry: "examples/lambda-quickstart/handler.ts",
		bundle: resolve("bench/.build/import/quickstart.cjs"),
	},
];

/** As the quick start's own `build` does it, and minified; the package as it's published, not its source. */
async function bundled({ entry, bundle }: Subject): Promise<void> {
	await build({
		entryPoints: [entry],
		outfile: bundle,
		bundle: true,
		minify: true,
		platform: "node",
		target: "node20",
		// The `paths` of our tsconfig.json lead to the source.
		tsconfigRaw: {},
		alias: { "stentor-chat-router": resolve("bench/.build/product/index.js") },
		logLevel: "error",
	});
}

async function measure({ bundle }: Subject, endpoint: string): Promise<Start> {
	const env = {
		PATH: process.env.PATH,
		AWS_LAMBDA_FUNCTION_NAME: "chat",
		AWS_ENDPOINT_URL_DYNAMODB: endpoint,
		AWS_REGION: "us-east-1",
		AWS_ACCESS_KEY_ID: "local",
		AWS_SECRET_ACCESS_KEY: "local",
		BOT_URL: endpoint,
		LOG_LEVEL: "silent",
	};
	const event = connectEvent("UXw4nfW0DoECHzw=", { userId: crypto.randomUUID() });
	const child = fork(PROBE, [bundle, JSON.stringify(event)], { env, execArgv: [], silent: true });
	const told = once(child, "message");
	const [result] = await Promise.race([told, once(child, "exit").then(([code]) => [{ statusCode: `exit ${code}` }])]);
	child.kill();
	if (result.statusCode !== 200) throw new Error(`${bundle} answered ${result.statusCode}.`);
	return result;
}

export const importing: Benchmark = {
	summary: "bytes, and milliseconds of a cold start, of a bundled Lambda against its AWS clients alone",
	async run({ rounds = 15 }) {
		for (const subject of SUBJECTS) await bundled(subject);
		// Takes whatever it's told, as DynamoDB would.
		const server = createServer((request, response) => {
			request.resume().on("end", () => response.setHeader("content-type", "application/x-amz-json-1.0").end("{}"));
		}).listen(0, "127.0.0.1");
		await once(server, "listening");
		const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		try {
			const measured = await inTurns(SUBJECTS, rounds, (subject) => measure(subject, endpoint));
			const base = measured.get(SUBJECTS[0]?.name ?? "") ?? [];
			const rows = SUBJECTS.map(({ name, bundle }) => {
				const all = measured.get(name) ?? [];
				const more = (value: (one: Start) => number) => median(all.map((one, i) => value(one) - value(base[i] ?? one)));
				return [
					name,
					Math.round(statSync(bundle).size / 1024),
					spread(
						all.map((one) => one.load),
						0,
					),
					spread(
						all.map((one) => one.handled),
						0,
					),
					more((one) => one.load),
					more((one) => one.handled),
				];
			});
			return {
				tables: [
					{
						columns: [
							"",
							"KB minified",
							"loaded, ms",
							"first connection, ms",
							"more than clients: loaded",
							"first connection",
						],
						rows,
					},
				],
				notes: [
					`A fresh process each time, in turns, ${rounds} rounds; medians with the range.`,
					"The first connection is handled against an endpoint that answers at once: what the quick start loads only then is in it.",
				],
				data: Object.fromEntries(measured),
			};
		} finally {
			server.closeAllConnections();
			server.close();
		}
	},
};
