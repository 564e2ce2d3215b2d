import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type ErrorCode, RouterError } from "../../protocol/errors.js";
import type { Fields } from "../../storage/record.js";
import { type AnyCollection, defineCollection, type Storage } from "../../storage/Storage.js";

export type { Fields } from "../../storage/record.js";

/** Ordered by a string, with an index of each kind, and an end. */
export const NOTES = defineCollection<Fields>({
	name: "suite_notes",
	key: { hash: "owner", range: { field: "at", type: "string" } },
	indexes: {
		byState: { hash: "state", range: { field: "rank", type: "number" } },
		byAuthor: { hash: "author" },
		byOwner: { hash: "owner", range: { field: "rank", type: "number" } },
	},
	expires: "endsAt",
});

/** Ordered by a number. */
export const POINTS = defineCollection<Fields>({
	name: "suite_points",
	key: { hash: "owner", range: { field: "n", type: "number" } },
});

/** One record a hash. */
export const SINGLES = defineCollection<Fields>({ name: "suite_singles", key: { hash: "owner" } });

/** With a feed. */
export const LOG = defineCollection<Fields>({
	name: "suite_log",
	key: { hash: "owner", range: { field: "n", type: "number" } },
	expires: "endsAt",
	feed: true,
});

export const COLLECTIONS: readonly AnyCollection[] = [NOTES, POINTS, SINGLES, LOG];

/** What a case gets. */
export interface Given {
	readonly storage: Storage;
	/** A hash of this case's own: another for each name, and in each run. */
	hash(name?: string): string;
	/** The storage's time in epoch seconds, which stands still but for `pass`. */
	now(): number;
	pass(seconds: number): void;
}

/** Adds a case to the suite. */
export type Add = (name: string, run: (given: Given) => Promise<void>) => void;

export function given(storage: Storage, clock: { ms: number }): Given {
	const run = randomUUID();
	return {
		storage,
		hash: (name = "one") => `${run}/${name}`,
		now: () => clock.ms / 1000,
		pass: (seconds) => {
			clock.ms += seconds * 1000;
		},
	};
}

/** Asserts that the call fails with this code; gives the error. */
export async function fails(call: Promise<unknown>, code: ErrorCode): Promise<RouterError> {
	const error = await call.then(
		() => assert.fail(`It should have failed with ${code}.`),
		(reason: unknown) => reason,
	);
	if (!(error instanceof RouterError)) throw error;
	assert.equal(error.code, code, error.message);
	return error;
}

/** Repeats what may fail for a while because an index or a feed lags, for up to 8 s; gives the first success. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
	const end = performance.now() + 8_000;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (performance.now() > end) throw error;
			await wait(25);
		}
	}
}

/** `count` numbers from 1 on. */
export function numbers(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i + 1);
}
