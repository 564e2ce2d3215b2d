import { describe, expect, test } from "@jest/globals";
import { areaOf, violation } from "./areas.js";
import { type Import, importsOf, readSource, sourceFiles } from "./imports.js";

const files = sourceFiles();
const imports = files.flatMap((file) => importsOf(file, readSource(file)));

describe("imports", () => {
	test("go only where the table lets them", () => {
		expect(imports.length).toBeGreaterThan(0);
		expect(files.filter((file) => !areaOf(file))).toEqual([]);
		expect(imports.map(violation).filter(Boolean)).toEqual([]);
	});

	test.each([
		["protocol/errors.ts", 'import { PostOffice } from "../delivery/PostOffice.js";'],
		["protocol/errors.ts", 'export { PostOffice } from "../delivery/PostOffice.js";'],
		["delivery/PostOffice.ts", 'import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";'],
		["delivery/PostOffice.ts", 'const { MemoryStorage } = await import("../storage/memory/index.js");'],
		["delivery/PostOffice.ts", 'type Client = import("ws").WebSocket;'],
		["delivery/PostOffice.ts", 'import { createServer } from "node:http";'],
		["delivery/PostOffice.ts", 'import { customers } from "../crm/customers.js";'],
		["storage/Storage.ts", 'import { MemoryStorage } from "./memory/MemoryStorage.js";'],
		["storage/memory/MemoryStorage.ts", 'import { open } from "../libsql/index.js";'],
		["connectors/stentor/StentorConnector.ts", 'import { start } from "../../server/index.js";'],
		["somewhere/new.ts", 'import { z } from "zod";'],
	])("in %s may not be: %s", (file, text) => {
		expect(importsOf(file, text).map(violation)).toEqual([expect.stringContaining(file)]);
	});

	test("make no circle between areas", () => {
		expect(circle(imports)).toBeUndefined();
		const there = importsOf("delivery/Session.ts", 'import { WidgetConnector } from "../connectors/Connector.js";');
		const back = importsOf("connectors/Connector.ts", 'import { Session } from "../delivery/Session.js";');
		expect(circle([...there, ...back])).toEqual(["delivery/", "connectors/Connector.ts", "delivery/"]);
	});

	test("of the main entry load no vendor's library before it is needed", () => {
		const loaded = new Set<string>();
		const load = (file: string): void => {
			if (loaded.has(file)) return;
			loaded.add(file);
			for (const { target, loads } of imports.filter((each) => each.file === file)) if (loads) load(target);
		};
		load("index.ts");
		expect([...loaded].filter((name) => /^(@aws-sdk\/|@slack\/|libsql$|ws$|hono)/.test(name))).toEqual([]);
	});
});

describe("source files", () => {
	test("are named after what is in them", () => {
		expect(files.filter((file) => /utils?\b|helpers?\b|manager\b/i.test(file))).toEqual([]);
	});

	test("have at most 350 lines", () => {
		expect(files.filter((file) => readSource(file).split("\n").length > 351)).toEqual([]);
	});
});

/** The areas of one circle among these imports, if there is any. */
function circle(all: readonly Import[]): string[] | undefined {
	const arrows = new Map<string, Set<string>>();
	for (const { file, target, own } of all) {
		const from = areaOf(file)?.part;
		const to = own ? areaOf(target)?.part : undefined;
		if (from && to && from !== to) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
	}
	const done = new Set<string>();
	const follow = (area: string, path: readonly string[]): string[] | undefined => {
		if (path.includes(area)) return [...path.slice(path.indexOf(area)), area];
		if (done.has(area)) return undefined;
		for (const next of arrows.get(area) ?? []) {
			const found = follow(next, [...path, area]);
			if (found) return found;
		}
		done.add(area);
		return undefined;
	};
	for (const area of arrows.keys()) {
		const found = follow(area, []);
		if (found) return found;
	}
	return undefined;
}
