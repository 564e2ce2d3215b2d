import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { asModule } from "../scripts/lambda/asModule.mjs";
import { connectEvent } from "../test/support/apiGatewayEvents.js";
import type { Benchmark } from "./Benchmark.js";
import { inTurns } from "./measure/rounds.js";
import { median, spread } from "./measure/statistics.js";

const PROBE = resolve("bench/import/probe.cjs");

interface Subject {
	readonly name: string;
	readonly bundle: string;
	/** What it's compared with. */
	readonly base: string;
	make(): Promise<unknown> | unknown;
}

interface Start {
	/** Milliseconds until the bundle was loaded, and until it had handled a first event. */
	readonly load: number;
	readonly handled: number;
}

const LAMBDAS = "bench/.build/lambdas";
const CLIENTS = "AWS clients alone";
const WS_CLIENTS = "AWS clients alone, one tree-shaken module";
const SPARED_CLIENTS = "AWS clients alone, bundled as functions are";
const WS = "the function ws";

const SUBJECTS: readonly Subject[] = [
	{
		name: CLIENTS,
		base: CLIENTS,
		bundle: resolve("bench/.build/import/clients.cjs"),
		make: () => bundled("bench/import/clients.ts", "bench/.build/import/clients.cjs"),
	},
	{
		name: "quick start",
		base: CLIENTS,
		bundle: resolve("bench/.build/import/quickstart.cjs"),
		make: () => bundled("examples/lambda-quickstart/handler.ts", "bench/.build/import/quickstart.cjs"),
	},
	{
		name: WS_CLIENTS,
		base: WS_CLIENTS,
		bundle: resolve("bench/.build/import/clients.mjs"),
		make: () => bundled("bench/import/clients.ts", "bench/.build/import/clients.mjs", asModule),
	},
	{
		name: SPARED_CLIENTS,
		base: WS_CLIENTS,
		bundle: resolve(LAMBDAS, "clients/index.mjs"),
		make: () => bundledAsFunction("bench/import/clients.ts"),
	},
	{
		name: WS,
		base: WS_CLIENTS,
		bundle: resolve(LAMBDAS, "ws/index.mjs"),
		make: () => bundledAsFunction("ws"),
	},
];

/** As the functions are that are deployed: one of them, by its name, or another file. */
function bundledAsFunction(entry: string): void {
	const env = { ...process.env, LAMBDAS_DIR: LAMBDAS };
	execFileSync(process.execPath, ["scripts/build-lambdas.mjs", entry], { env });
}

/** As the quick start's own `build` does it, and minified; the package as it's published, not its source. */
async function bundled(entry: string, outfile: string, otherwise: BuildOptions = {}): Promise<void> {
	await build({
		entryPoints: [entry],
		outfile,
		bundle: true,
		minify: true,
		platform: "node",
		target: "node20",
		// The `paths` of our tsconfig.json lead to the source.
		tsconfigRaw: {},
		alias: { "stentor-chat-router": resolve("bench/.build/product/index.js") },
		logLevel: "error",
		...otherwise,
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
		CONNECTION_SERVER_URL: endpoint.replace(/^http/, "ws"),
		TABLE_PREFIX: "bench-",
		FILES_BUCKET: "files",
		FILES_URL: endpoint,
		JWT_SECRET: "only for benchmarks: signs nothing that counts",
		ALLOWED_ORIGINS: "*",
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
		for (const { make } of SUBJECTS) await make();
		// Takes whatever it's told, as DynamoDB would.
		const server = createServer((request, response) => {
			request.resume().on("end", () => response.setHeader("content-type", "application/x-amz-json-1.0").end("{}"));
		}).listen(0, "127.0.0.1");
		await once(server, "listening");
		const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		try {
			const measured = await inTurns(SUBJECTS, rounds, (subject) => measure(subject, endpoint));
			const times = (name: string, base: string) => {
				const bases = measured.get(base) ?? [];
				return spread(
					(measured.get(name) ?? []).map(({ load }, i) => load / (bases[i]?.load ?? load)),
					2,
				);
			};
			const rows = SUBJECTS.map(({ name, base: baseName, bundle }) => {
				const all = measured.get(name) ?? [];
				const base = measured.get(baseName) ?? [];
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
					name === baseName ? "" : times(name, baseName),
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
							"times as long: loaded",
						],
						rows,
					},
				],
				notes: [
					`A fresh process each time, in turns, ${rounds} rounds; medians with the range.`,
					`Beside its clients as the functions carry them, without what Lambda never needs, ${WS} takes ${times(WS, SPARED_CLIENTS)} times as long.`,
					"The functions that are deployed load what they may need later when they need it: KB are those of the first file.",
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
