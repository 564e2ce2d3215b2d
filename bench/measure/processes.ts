import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100;
const MB = 1024 * 1024;

/** What a process holds of the machine's memory, in MB. */
export function residentMb(pid: number): number {
	const status = `/proc/${pid}/status`;
	const kilobytes = existsSync(status)
		? readFileSync(status, "utf8").match(/^VmRSS:\s+(\d+)/m)?.[1]
		: execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
	return (Number(kilobytes) * 1024) / MB;
}

/** Seconds of CPU that a process has used, by all of its threads; NaN where there's no /proc. */
export function cpuSeconds(pid: number): number {
	const stat = `/proc/${pid}/stat`;
	if (!existsSync(stat)) return Number.NaN;
	// Its name, in parentheses, may hold spaces.
	const fields = readFileSync(stat, "utf8")
		.replace(/^.*\) /s, "")
		.split(" ");
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
