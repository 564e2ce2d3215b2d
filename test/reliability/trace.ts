import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { eventually } from "../support/eventually.js";

/** A system call of the server. `begin` and `end` tell what was before what, whatever threads they were in. */
export interface Call {
	readonly name: string;
	/** The file or connection that it's about. */
	readonly target: string;
	readonly begin: number;
	readonly end: number;
	readonly succeeded: boolean;
	/** It failed because it was told to. */
	readonly injected: boolean;
	/** The messages that what it wrote holds, by their ids, which are UUIDs. */
	readonly holds: ReadonlySet<string>;
	/** Those of them that it acknowledges or passes on; a refusal names its message too. */
	readonly tells: ReadonlySet<string>;
}

const CALLS = "fsync,fdatasync,pwrite64,pwritev,write,writev,sendto,sendmsg";

/** For `ChatServer.start`: a command that notes system calls in a file; `faults` are what strace is to inject. */
export function tracing(file: string, ...faults: readonly string[]): string[] {
	const { error, status } = spawnSync("strace", ["-V"]);
	if (error || status !== 0) throw new Error("This test needs strace; install it (apt-get install strace).");
	const inject = faults.flatMap((fault) => ["-e", `inject=${fault}`]);
	return ["strace", "-D", "-f", "-y", "-s", "70000", "-o", file, "-e", `trace=${CALLS}`, ...inject];
}

/** What was noted, once the server has ended. */
export async function readTrace(file: string): Promise<Call[]> {
	const lines = await eventually(() => {
		const text = readFileSync(file, "latin1");
		if (!/\+\+\+ (killed|exited).*\n$/.test(text)) throw new Error(`strace hasn't finished: ${text.slice(-200)}`);
		return text.split("\n");
	});
	const calls: Call[] = [];
	/** By thread: the call that hasn't returned yet. */
	const open = new Map<string, { name: string; text: string; begin: number }>();
	for (const [at, line] of lines.entries()) {
		const [, thread = "", what = ""] = line.match(/^(\d+) +(.*)$/s) ?? [];
		const [, name, text = ""] = what.match(/^(\w+)\((.*)$/s) ?? [];
		if (name !== undefined) open.set(thread, { name, text, begin: at });
		const call = open.get(thread);
		const [, result] = what.match(/\) += (-?\d+)[^"]*$/) ?? [];
		if (!call || result === undefined) continue;
		open.delete(thread);
		const succeeded = Number(result) >= 0;
		const injected = what.endsWith("(INJECTED)");
		calls.push({ name: call.name, begin: call.begin, end: at, succeeded, injected, ...meaningOf(call.text) });
	}
	return calls;
}

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const HELD = new RegExp(ID, "g");
/** In the escaped form that strace writes. Messages have their id as their words. */
const TOLD = new RegExp(
	`\\\\"event\\\\":\\\\"ack\\\\",\\\\"data\\\\":{\\\\"messageId\\\\":\\\\"(${ID})|\\\\"rawQuery\\\\":\\\\"(${ID})`,
	"g",
);

function meaningOf(text: string): Pick<Call, "target" | "holds" | "tells"> {
	const [, target = ""] = text.match(/^\d+<([^>]*)>/) ?? [];
	const told = /^(TCP|socket)/.test(target) ? text.matchAll(TOLD) : [];
	return {
		target,
		holds: new Set(text.match(HELD) ?? []),
		tells: new Set([...told].map(([, acknowledged, passedOn]) => acknowledged ?? passedOn ?? "")),
	};
}

/** The messages that a connection was told of before they were written to the database's log and synced there. */
export function toldTooSoon(calls: readonly Call[]): string[] {
	const log = calls.filter(({ target, succeeded }) => succeeded && target.endsWith(".db-wal"));
	const syncs = log.filter(({ name }) => /^f(data)?sync$/.test(name));
	const writes = log.filter(({ name }) => /^pwrite/.test(name));
	const told = new Set<string>();
	const tooSoon: string[] = [];
	for (const { tells, begin: toldAt } of calls) {
		for (const id of tells) {
			if (told.has(id)) continue;
			told.add(id);
			const written = writes.find(({ holds }) => holds.has(id));
			const isSynced = syncs.some(({ begin, end }) => written && begin > written.end && end < toldAt);
			if (!isSynced) tooSoon.push(id);
		}
	}
	return tooSoon;
}
