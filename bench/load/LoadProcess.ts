import { fork } from "node:child_process";
import { resolve } from "node:path";
import { cpuSeconds } from "../measure/processes.js";
import type { Job } from "./Job.js";

const FILE = resolve("bench/.build/load/main.js");
const GRACE_S = 60;

type Told = { readonly mark: string } | { readonly result: unknown } | { readonly error: string };

/** A load generator of one's own: a fresh process does the job, tells the result, and ends. */
export async function generateLoad<R>(job: Job, onMark: (mark: string) => void = () => {}): Promise<R> {
	const child = fork(FILE, { execArgv: [] });
	const kill = () => child.kill("SIGKILL");
	process.once("exit", kill);
	const late = setTimeout(kill, (job.warmUpSeconds + job.seconds + GRACE_S) * 1000);
	try {
		return await new Promise<R>((done, fail) => {
			child.on("message", (told: Told) => {
				if ("mark" in told) onMark(told.mark);
				else if ("error" in told) fail(new Error(told.error));
				else done(told.result as R);
			});
			child.once("exit", (code) => fail(new Error(`The load generator ended with ${code}.`)));
			child.send(job);
		});
	} finally {
		clearTimeout(late);
		process.off("exit", kill);
		kill();
	}
}

/** Counts a process's CPU between the marks "begin" and "end" of a load generator. */
export class CpuMeter {
	private began = Number.NaN;
	seconds = Number.NaN;

	constructor(private readonly pid: number) {}

	readonly mark = (mark: string): void => {
		if (mark === "begin") this.began = cpuSeconds(this.pid);
		if (mark === "end") this.seconds = cpuSeconds(this.pid) - this.began;
	};
}
