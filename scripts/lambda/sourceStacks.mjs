// Part of every function: stacks of errors name the source, by the maps beside the bundles. Node's `--enable-source-maps`
// does so, too, but reads the maps of all that's loaded at each start.
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

const PLACE = /(file:\/\/[^()]+\.mjs):(\d+):(\d+)/;
/** By the bundle's address; undefined where it has no map that can be read. */
const maps = new Map();

function mapOf(bundle) {
	if (!maps.has(bundle)) maps.set(bundle, read(bundle));
	return maps.get(bundle);
}

function read(bundle) {
	try {
		return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(bundle)}.map`, "utf8")));
	} catch {
		// The stack is told as it is: an error in telling one would hide it.
		return undefined;
	}
}

function inSource(frame) {
	return frame.replace(PLACE, (place, bundle, line, column) => {
		const entry = mapOf(bundle)?.findEntry(line - 1, column - 1);
		if (!entry?.originalSource) return place;
		const file = entry.originalSource.replace(/^(\.\.\/)+/, "");
		return `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
	});
}

Error.prepareStackTrace = (error, frames) => {
	const head = Error.prototype.toString.call(error);
	return [head, ...frames.map((frame) => `    at ${inSource(String(frame))}`)].join("\n");
};
