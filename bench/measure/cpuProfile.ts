import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A part of the time that the thread wasn't idle. */
export interface Share {
	readonly share: number;
	readonly name: string;
	readonly place: string;
}

interface CallFrame {
	readonly functionName: string;
	readonly url: string;
	readonly lineNumber: number;
}

interface Profile {
	readonly nodes: readonly {
		readonly id: number;
		readonly callFrame: CallFrame;
		readonly children?: readonly number[];
	}[];
	readonly samples: readonly number[];
	readonly timeDeltas: readonly number[];
}

/** What V8's profile says: by file or package, by function, and by function with all that it calls. */
export function readProfile(file: string): { places: Share[]; self: Share[]; whole: Share[] } {
	const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as Profile;
	const own = new Map<number, number>();
	for (const [i, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + (timeDeltas[i] ?? 0));

	const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
	const names = new Map(nodes.map(({ id, callFrame }) => [id, functionOf(callFrame)]));
	const places = new Map<string, number>();
	const self = new Map<string, number>();
	const whole = new Map<string, number>();
	let all = 0;
	for (const [id, time] of own) {
		const called = names.get(id);
		if (!called || called.name === "(idle)") continue;
		all += time;
		add(places, key({ ...called, name: "" }), time);
		add(self, key(called), time);
		// A function that calls itself counts once.
		const above = new Set<string>();
		for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
			const caller = names.get(at);
			if (caller && !caller.name.startsWith("(")) above.add(key(caller));
		}
		for (const each of above) add(whole, each, time);
	}
	return { places: shares(places, all), self: shares(self, all), whole: shares(whole, all) };
}

interface Called {
	readonly name: string;
	readonly place: string;
}

function functionOf({ functionName, url, lineNumber }: CallFrame): Called {
	const name = functionName || "(anonymous)";
	const [, inPackage] = url.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? [];
	if (inPackage) return { name, place: inPackage };
	if (url.startsWith("file:"))
		return { name: `${name}:${lineNumber + 1}`, place: sourceOf(fileURLToPath(url), lineNumber) };
	return { name, place: url || "V8" };
}

const lines = new Map<string, string[]>();

/** The bundler leaves a comment before what comes from a source file. */
function sourceOf(file: string, line: number): string {
	const text = lines.get(file) ?? readFileSync(file, "utf8").split("\n");
	lines.set(file, text);
	for (let at = line; at >= 0; at--) {
		const [, source] = text[at]?.match(/^\/\/ (src\/\S+)$/) ?? [];
		if (source) return source;
	}
	return file;
}

function add(to: Map<string, number>, what: string, time: number): void {
	to.set(what, (to.get(what) ?? 0) + time);
}

function key({ name, place }: Called): string {
	return `${name}\n${place}`;
}

function shares(times: ReadonlyMap<string, number>, all: number): Share[] {
	return [...times]
		.map(([what, time]) => {
			const [name = "", place = ""] = what.split("\n");
			return { share: time / all, name, place };
		})
		.sort((a, b) => b.share - a.share);
}
