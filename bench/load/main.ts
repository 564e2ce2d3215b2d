// The load generator: takes one job from its parent, tells what came of it, and is ended by it.
import type { Job } from "./Job.js";
import { idle } from "./scenarios/idle.js";
import { jitter } from "./scenarios/jitter.js";
import { latency } from "./scenarios/latency.js";
import { rest } from "./scenarios/rest.js";
import { restart } from "./scenarios/restart.js";
import { throughput } from "./scenarios/throughput.js";

const scenarios = { throughput, latency, idle, jitter, restart, rest };

/** Tells the parent that a stretch begins or ends. */
const mark = (name: string): void => void process.send?.({ mark: name });

process.once("message", (job: Job) => {
	scenarios[job.scenario](job, mark).then(
		(result: unknown) => process.send?.({ result }),
		(error: unknown) =>
			process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
	);
});
