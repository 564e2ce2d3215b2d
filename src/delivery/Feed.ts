import type { Entry } from "../protocol/envelope.js";
import type { Storage } from "../storage/Storage.js";
import { entries } from "./records.js";

export interface FeedPage {
	/** Those of this post office, of all its sessions. */
	readonly entries: readonly Entry[];
	/** There was nothing at all to read. */
	readonly isEmpty: boolean;
	/** It has all that there is, as far as is known. */
	readonly isLast: boolean;
	/** Where the next page begins. */
	readonly cursor: string;
}

const PAGE = 200;
/** How many pages are kept for who comes to the same place later, and how long, in milliseconds. */
const KEPT = 8;
const KEPT_MS = 5_000;

/** The feed of a post office's entries; those who read it at about the same time read it from the storage once. */
export class Feed {
	/** By the place that they begin at; the oldest first. */
	private readonly pages = new Map<string | undefined, { readonly page: Promise<FeedPage>; readonly readAt: number }>();

	constructor(
		private readonly topic: string,
		private readonly storage: Storage,
	) {}

	/** The page that begins at `from`, or at the oldest entry. Shared by all who read it: nobody may change it. */
	next(from: string | undefined): Promise<FeedPage> {
		const now = performance.now();
		for (const [place, { readAt }] of this.pages) {
			if (this.pages.size <= KEPT && readAt > now - KEPT_MS) break;
			this.pages.delete(place);
		}
		const known = this.pages.get(from);
		if (known) return known.page;
		const page = this.read(from);
		const kept = { page, readAt: now };
		this.pages.set(from, kept);
		// Something may come to where there's nothing yet, and what failed may work.
		const drop = () => {
			if (this.pages.get(from) === kept) this.pages.delete(from);
		};
		page.then(({ isEmpty }) => isEmpty && drop(), drop);
		return page;
	}

	/** What was read before is read again: entries were erased. */
	forget(): void {
		this.pages.clear();
	}

	private async read(from: string | undefined): Promise<FeedPage> {
		const { records, cursor } = await this.storage.feed(entries, from, PAGE);
		const mine = records.filter(({ session }) => session.startsWith(`${this.topic}/`));
		return { entries: mine, isLast: records.length < PAGE, isEmpty: records.length === 0, cursor };
	}
}
