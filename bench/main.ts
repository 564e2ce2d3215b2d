import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Benchmark, Options } from "./Benchmark.js";
import { crm } from "./crm.js";
import { importing } from "./import.js";
import { jitter } from "./jitter.js";
import { latency } from "./latency.js";
import { markdown } from "./measure/table.js";
import { memory } from "./memory.js";
import { profile } from "./profile.js";
import { rest } from "./rest.js";
import { restart } from "./restart.js";
import { scale } from "./scale.js";
import { startup } from "./startup.js";
import { storage } from "./storage.js";
import { throughput } from "./throughput.js";

const RESULTS = "bench/results";

const benchmarks: Readonly<Record<string, Benchmark>> = {
	throughput,
	latency,
	memory,
	startup,
	jitter,
	restart,
	rest,
	storage,
	scale,
	import: importing,
	crm,
	profile,
};

const HELP = `npm run bench [name ...] [-- options]

${Object.entries(benchmarks)
	.map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
	.join("\n")}

Without a name all but "crm" and "profile". Tables go to stdout, progress to stderr, JSON to ${RESULTS}/<name>.json.

  --rounds <n>      how often everything is measured; peers take turns, medians are told
  --seconds <n>     how long one measurement takes
  --window <n>      throughput: messages that a client may have in flight (default 8)
  --only <name>     throughput: only the peers whose names contain this
  --history <list>  storage: lengths of the history, with commas (default 10,1000; try 10,1000,100000);
                    crm: how many conversations (default 10000,1000000)
  --help
`;

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			rounds: { type: "string" },
			seconds: { type: "string" },
			window: { type: "string" },
			only: { type: "string" },
			history: { type: "string" },
			help: { type: "boolean" },
		},
	});
	if (values.help) return void process.stdout.write(HELP);
	const names =
		positionals.length > 0
			? positionals
			: Object.keys(benchmarks).filter((name) => name !== "profile" && name !== "crm");
	const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
	if (unknown) throw new Error(`There's no benchmark "${unknown}"; see --help.`);
	const options: Options = {
		rounds: whole("rounds", values.rounds),
		seconds: whole("seconds", values.seconds),
		window: whole("window", values.window),
		only: values.only,
		histories: values.history?.split(",").map((each) => whole("history", each) ?? 0),
	};
	for (const name of names) await run(name, options);
}

async function run(name: string, options: Options): Promise<void> {
	const benchmark = benchmarks[name];
	if (!benchmark) return;
	const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory: totalmem(), node: process.version };
	const at = new Date().toISOString();
	const before = loadavg()[0];
	process.stderr.write(`${name}: ${benchmark.summary}\n`);
	const { tables, notes, data } = await benchmark.run(options);
	const text = tables.map(markdown).join("\n");
	const remarks = notes.map((note) => `- ${note}\n`).join("");
	process.stdout.write(`\n## ${name}\n\n${text}\n${remarks}- load average before: ${before?.toFixed(2)}\n`);
	mkdirSync(RESULTS, { recursive: true });
	const result = { name, at, machine, loadBefore: before, options, tables, notes, data };
	writeFileSync(`${RESULTS}/${name}.json`, `${JSON.stringify(result, null, "\t")}\n`);
}

function whole(name: string, value: string | undefined): number | undefined {
	if (value === undefined) return undefined;
	if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`--${name} takes whole numbers above 0.`);
	return Number(value);
}

main().then(
	() => process.exit(0),
	(error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	},
);
