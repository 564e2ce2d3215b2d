import { setTimeout as pause } from "node:timers/promises";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Entry } from "../protocol/envelope.js";
import type { Storage } from "../storage/Storage.js";
import { entries, feedCursors } from "./records.js";

/** How long a plugin that failed, or has read everything, waits before it looks again, in milliseconds. */
const IDLE_MS = 1_000;
const PAGE = 200;
/** How long new entries are gathered before they're read, in milliseconds: each reading costs a write of the cursor. */
const GATHER_MS = 50;

/** Reads everything that is said, after it was said: a projection, alerts, a search index. */
export interface Plugin {
	/** Its cursor's name: a plugin that comes back under this name goes on where it was. */
	readonly name: string;
	/**
	 * Entries of all sessions, those of one session in their order, each at least once: after a failure, or a crash, the
	 * same ones come again. Throwing has them come again, later.
	 */
	onEntries(entries: readonly Entry[]): Promise<void>;
}

/** Feeds plugins, each at its own pace, with a cursor of its own. */
export class Plugins {
	private readonly readers: { plugin: Plugin; running: Promise<void> }[] = [];
	private closed = false;
	private wakers: (() => void)[] = [];

	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
		private readonly monitor: Monitor,
	) {}

	add(plugin: Plugin): void {
		this.readers.push({ plugin, running: this.read(plugin) });
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
		this.closed = true;
		this.wake();
		await Promise.all(this.readers.map(({ running }) => running));
	}

	private async read(plugin: Plugin): Promise<void> {
		const reader = `${this.topic}/${plugin.name}`;
		let cursor: string | undefined;
		let isKnown = false;
		while (!this.closed) {
			try {
				if (!isKnown) cursor = (await this.storage.get(feedCursors, [reader]))?.cursor;
				isKnown = true;
				const page = await this.storage.feed(entries, cursor, PAGE);
				const mine = page.records.filter(({ session }) => session.startsWith(`${this.topic}/`));
				if (mine.length > 0) await plugin.onEntries(mine);
				if (page.cursor !== cursor) await this.storage.put(feedCursors, { reader, cursor: page.cursor });
				cursor = page.cursor;
				if (page.records.length === 0) await this.rest();
				if (page.records.length < PAGE) await pause(GATHER_MS, undefined, { ref: false });
			} catch (error) {
				this.monitor.error("plugin failed", error, { plugin: plugin.name });
				await this.rest();
			}
		}
	}

	private rest(): Promise<void> {
		if (this.closed) return Promise.resolve();
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
