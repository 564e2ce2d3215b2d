import { setTimeout as pause } from "node:timers/promises";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Entry } from "../protocol/envelope.js";
import type { Storage } from "../storage/Storage.js";
import { Feed } from "./Feed.js";
import { Lanes } from "./Lanes.js";
import { feedCursors } from "./records.js";

/** How long a plugin that failed, or has read everything, waits before it looks again, in milliseconds. */
const IDLE_MS = 1_000;
/** How long new entries are gathered before they're read, in milliseconds: each reading costs a write of the cursor. */
const GATHER_MS = 50;

/** Reads everything that is said, after it was said: a projection, alerts, a search index. */
export interface Plugin {
	/** Its cursor's name: a plugin that comes back under this name goes on where it was. */
	readonly name: string;
	/**
	 * Entries of all sessions, those of one session in their order, each at least once: after a failure, or a crash, the
	 * same ones come again. Throwing has them come again, later. Other plugins are given the same objects: they may not be
	 * changed.
	 */
	onEntries(entries: readonly Entry[]): Promise<void>;
	/**
	 * Where `onEntries` only gathers: resolves when all it was given before is durable, as soon as it can once `closing` is
	 * aborted. It's asked again and again, one time after the other, and the plugin's place in the feed is kept only then.
	 * Rejecting has the entries come again.
	 */
	settled?(closing: AbortSignal): Promise<void>;
	/**
	 * What was said in a session up to entry `seq` was erased: nothing of it may be kept, neither of what the plugin has
	 * gathered. It's given no entries meanwhile. Told again if it throws, and may be told again anyway.
	 */
	onErased?(session: string, seq: number): Promise<void>;
}

/** A plugin, and where it is in the feed. */
interface Reading {
	readonly plugin: Plugin;
	/** `<topic>/<plugin>`. */
	readonly reader: string;
	/** Up to where it was given entries, once that's known; and up to where that's kept. */
	given?: { readonly cursor: string | undefined };
	kept: string | undefined;
	settling?: Promise<void>;
}

/**
 * Feeds plugins: reads the storage's feed for each at its own pace, with a cursor of its own; or, where `reads` is false,
 * gives them what `give` is given.
 */
export class Plugins {
	private readonly running: Promise<void>[] = [];
	private readonly plugins: Plugin[] = [];
	/** A plugin isn't told of an erasure between the reading of a page and the giving of it. */
	private readonly lanes = new Lanes();
	private readonly closing = new AbortController();
	private wakers: (() => void)[] = [];
	private readonly feed: Feed;

	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly monitor: Monitor,
		private readonly reads = true,
	) {
		this.feed = new Feed(topic, storage);
	}

	add(plugin: Plugin): void {
		this.plugins.push(plugin);
		if (this.reads) this.running.push(this.read({ plugin, reader: `${this.topic}/${plugin.name}`, kept: undefined }));
	}

	/**
	 * Gives every plugin these entries; resolves when all that they keep of them is durable. Throws what one of them throws,
	 * once all are done: then the same entries are to come again.
	 */
	async give(entries: readonly Entry[]): Promise<void> {
		const mine = entries.filter(({ session }) => session.startsWith(`${this.topic}/`));
		if (mine.length === 0) return;
		const take = async (plugin: Plugin) => {
			await plugin.onEntries(mine);
			await plugin.settled?.(AbortSignal.abort());
		};
		const done = await Promise.allSettled(
			this.plugins.map((plugin) => this.lanes.run(plugin.name, () => take(plugin))),
		);
		const failed = done.find((each) => each.status === "rejected");
		if (failed) throw failed.reason;
	}

	/** Has every plugin forget what was said in a session up to `seq`. Throws what one of them throws. */
	async erased(session: string, seq: number): Promise<void> {
		this.feed.forget();
		const forget = (plugin: Plugin) => this.lanes.run(plugin.name, async () => plugin.onErased?.(session, seq));
		await Promise.all(this.plugins.map(forget));
	}

	/** There may be something new. */
	wake(): void {
		const { wakers } = this;
		if (wakers.length === 0) return;
		this.wakers = [];
		for (const wake of wakers) wake();
	}

	/** Ends all plugins after what they have in hand. */
	async close(): Promise<void> {
		this.closing.abort();
		this.wake();
		await Promise.all(this.running);
	}

	private async read(reading: Reading): Promise<void> {
		const { plugin } = reading;
		while (!this.closing.signal.aborted) {
			try {
				const { cursor } = reading.given ?? (await this.place(reading));
				const page = await this.lanes.run(plugin.name, () => this.giveNext(plugin, cursor));
				if (!plugin.settled) await this.keep(reading, page.cursor);
				// What it gathered may have failed meanwhile: then it reads again from where that's kept.
				if (reading.given) reading.given = { cursor: page.cursor };
				if (plugin.settled) this.settle(reading);
				if (page.isEmpty) await this.rest();
				if (page.isLast) await pause(GATHER_MS, undefined, { ref: false });
			} catch (error) {
				this.monitor.error("plugin failed", error, { plugin: plugin.name });
				await this.rest();
			}
		}
		await reading.settling;
		if (!plugin.settled) return;
		await this.settle(reading);
	}

	/** Gives the plugin the next page. */
	private async giveNext(plugin: Plugin, from: string | undefined) {
		const page = await this.feed.next(from);
		if (page.entries.length > 0) await plugin.onEntries(page.entries);
		return page;
	}

	private async place(reading: Reading): Promise<{ cursor: string | undefined }> {
		const cursor = (await this.storage.get(feedCursors, [reading.reader]))?.cursor;
		reading.kept = cursor;
		reading.given = { cursor };
		return reading.given;
	}

	/** Keeps the place of a plugin that gathers, once what it was given up to there is durable. */
	private settle(reading: Reading): Promise<void> {
		const { plugin, given } = reading;
		if (reading.settling) return reading.settling;
		if (!given || given.cursor === undefined || given.cursor === reading.kept) return Promise.resolve();
		const { cursor } = given;
		const settle = async () => {
			try {
				await plugin.settled?.(this.closing.signal);
				await this.keep(reading, cursor);
			} catch (error) {
				this.monitor.error("plugin failed", error, { plugin: plugin.name });
				reading.given = undefined;
			}
			reading.settling = undefined;
		};
		reading.settling = settle();
		return reading.settling;
	}

	private async keep(reading: Reading, cursor: string): Promise<void> {
		if (cursor === reading.kept) return;
		await this.storage.put(feedCursors, { reader: reading.reader, cursor });
		reading.kept = cursor;
	}

	private rest(): Promise<void> {
		if (this.closing.signal.aborted) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, IDLE_MS);
			timer.unref();
			this.wakers.push(() => {
				clearTimeout(timer);
				resolve();
			});
		});
	}
}
