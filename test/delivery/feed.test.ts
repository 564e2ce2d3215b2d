import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { Feed } from "../../src/delivery/Feed.js";
import { type Plugin, Plugins } from "../../src/delivery/Plugins.js";
import { entries } from "../../src/delivery/records.js";
import { silent } from "../../src/monitoring/Monitor.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { TestOffice } from "../support/office.js";

const KEY = "topic/app/session";

afterEach(() => {
	jest.restoreAllMocks();
});

function entryOf(seq: number, session = KEY): Entry {
	return {
		session,
		seq,
		prev: { everyone: seq - 1, staff: seq - 1 },
		messageId: `m${seq}`,
		timeMs: seq,
		from: { id: "visitor-1", role: "visitor" },
		audience: "everyone",
		content: { type: "message", text: `text ${seq}` },
	};
}

async function storageWith(count: number): Promise<MemoryStorage> {
	const storage = new MemoryStorage();
	for (let seq = 1; seq <= count; seq++) await storage.put(entries, entryOf(seq));
	return storage;
}

test("plugins at the same place read the storage once; each is given everything, in order", async () => {
	const storage = await storageWith(450);
	await storage.put(entries, entryOf(1, "other/app/session"));
	const feed = jest.spyOn(storage, "feed");
	const plugins = new Plugins("topic", storage, silent);
	const given = ["a", "b", "c"].map((name) => {
		const seqs: number[] = [];
		let isDone = () => {};
		const done = new Promise<void>((resolve) => {
			isDone = resolve;
		});
		plugins.add({
			name,
			async onEntries(said) {
				seqs.push(...said.map(({ seq }) => seq));
				if (seqs.length === 450) isDone();
			},
		});
		return { seqs, done };
	});
	await Promise.all(given.map(({ done }) => done));
	await plugins.close();
	for (const { seqs } of given) expect(seqs).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
	const full = feed.mock.calls.slice(0, 3).map(([, from]) => from);
	expect(new Set(full).size).toBe(3);
	for (const from of full) expect(feed.mock.calls.filter(([, each]) => each === from)).toHaveLength(1);
});

test("a plugin that fails is given the same again, the others aren't", async () => {
	const storage = await storageWith(3);
	const plugins = new Plugins("topic", storage, silent);
	let fails = 1;
	const given: number[][] = [];
	const others: number[][] = [];
	await new Promise<void>((resolve) => {
		plugins.add({
			name: "fails",
			async onEntries(said) {
				given.push(said.map(({ seq }) => seq));
				if (fails-- > 0) throw new Error("not now");
				resolve();
			},
		});
		plugins.add({
			name: "works",
			async onEntries(said) {
				others.push(said.map(({ seq }) => seq));
			},
		});
	});
	await plugins.close();
	expect(given).toEqual([
		[1, 2, 3],
		[1, 2, 3],
	]);
	expect(others).toEqual([[1, 2, 3]]);
});

test("what was erased isn't given to who comes later", async () => {
	const storage = await storageWith(2);
	const feed = new Feed("topic", storage);
	expect((await feed.next(undefined)).entries).toEqual([entryOf(1), entryOf(2)]);
	await storage.update(entries, [KEY, 2], { set: [["content", { type: "erased" }]] });
	const reading = feed.next(undefined);
	feed.forget();
	await reading;
	const { entries: said, cursor } = await feed.next(undefined);
	expect(said.map(({ content }) => content.type)).toEqual(["message", "erased"]);
	expect(await feed.next(cursor)).toMatchObject({ isEmpty: true });
});

test("neither the end of the feed is kept, nor a failure", async () => {
	const storage = await storageWith(1);
	const feed = new Feed("topic", storage);
	jest.spyOn(storage, "feed").mockRejectedValueOnce(new RouterError("storage_unavailable"));
	await expect(feed.next(undefined)).rejects.toMatchObject({ code: "storage_unavailable" });
	const { cursor, isLast } = await feed.next(undefined);
	expect(isLast).toBe(true);
	expect(await feed.next(cursor)).toMatchObject({ isEmpty: true, entries: [] });
	await storage.put(entries, entryOf(2));
	expect((await feed.next(cursor)).entries).toEqual([entryOf(2)]);
});

describe("a post office that is given entries", () => {
	function pluginsGiven(...given: Plugin[]): Plugins {
		const plugins = new Plugins("topic", new MemoryStorage(), silent, false);
		for (const plugin of given) plugins.add(plugin);
		return plugins;
	}

	test("gives them to every plugin, and is done when what they gather is durable", async () => {
		const seqs: number[] = [];
		const gathered: number[] = [];
		let kept: number[] = [];
		const plugins = pluginsGiven(
			{ name: "a", onEntries: async (said) => void seqs.push(...said.map(({ seq }) => seq)) },
			{
				name: "gathers",
				onEntries: async (said) => void gathered.push(...said.map(({ seq }) => seq)),
				async settled(closing) {
					expect(closing.aborted).toBe(true);
					kept = [...gathered];
				},
			},
		);
		await plugins.give([entryOf(1), entryOf(1, "other/app/session"), entryOf(2)]);
		expect(seqs).toEqual([1, 2]);
		expect(kept).toEqual([1, 2]);
		await plugins.close();
	});

	test("tells what a plugin throws, after the others have had theirs", async () => {
		const seqs: number[] = [];
		const plugins = pluginsGiven(
			{
				name: "fails",
				async onEntries() {
					throw new Error("not now");
				},
			},
			{
				name: "works",
				async onEntries(said) {
					await new Promise((resolve) => setImmediate(resolve));
					seqs.push(...said.map(({ seq }) => seq));
				},
			},
		);
		await expect(plugins.give([entryOf(1)])).rejects.toThrow("not now");
		expect(seqs).toEqual([1]);
	});

	test("reads nothing by itself", async () => {
		const storage = await storageWith(2);
		const feed = jest.spyOn(storage, "feed");
		const office = new TestOffice({ storage, feed: "given" }).office;
		office.plug({ name: "a", onEntries: async () => {} });
		await office.close();
		expect(feed).not.toHaveBeenCalled();
	});
});
