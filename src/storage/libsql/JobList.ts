import type { PreparedWrite } from "../evaluate.js";
import type { KeyPart } from "../key.js";
import type { AnyCollection, Condition, Key } from "../Storage.js";
import { keyFields, otherFields } from "./columns.js";
import type { WrittenText } from "./TextIndexWriter.js";
import type { Job } from "./Writer.js";

/** What a job's items begin with: how they're to be read. */
const AS_IT_IS = 0;
const WRITES = 1;
const TEXTS = 2;

interface Declared {
	readonly collection: AnyCollection;
	readonly number: number;
	/** Those of the key come first. */
	readonly fields: readonly string[];
	readonly keyLength: number;
}

/**
 * Jobs as one list of texts and numbers: as objects they take about four times as long from thread to thread, and each
 * message needs some. Both ends are made for the same collections.
 */
export class JobList {
	private readonly declared: readonly Declared[];
	private readonly byName: ReadonlyMap<string, Declared>;

	constructor(collections: readonly AnyCollection[]) {
		this.declared = collections.map((collection, number) => {
			const key = keyFields(collection);
			return { collection, number, fields: [...key, ...otherFields(collection).keys()], keyLength: key.length };
		});
		this.byName = new Map(this.declared.map((each) => [each.collection.name, each]));
	}

	pack(jobs: readonly Job[]): readonly unknown[] {
		const items: unknown[] = [];
		for (const job of jobs) {
			if ("writes" in job) {
				items.push(WRITES, job.now, job.writes.length);
				for (const write of job.writes) this.packWrite(write, items);
			} else if ("add" in job) {
				items.push(TEXTS, job.index, job.add.length);
				for (const { scope, group, number, text } of job.add) items.push(scope, group, number, text);
			} else items.push(AS_IT_IS, job);
		}
		return items;
	}

	unpack(items: readonly unknown[]): Job[] {
		const jobs: Job[] = [];
		const rest = items.values();
		const next = <T>() => rest.next().value as T;
		for (let kind = next(); kind !== undefined; kind = next()) {
			if (kind === AS_IT_IS) jobs.push(next());
			else if (kind === WRITES) {
				const [now, length] = [next<number>(), next<number>()];
				jobs.push({ now, writes: Array.from({ length }, () => this.unpackWrite(next)) });
			} else {
				const [index, length] = [next<string>(), next<number>()];
				jobs.push({ index, add: Array.from({ length }, () => unpackText(next)) });
			}
		}
		return jobs;
	}

	/** What puts a record is taken apart; the others are rare, and stay as they are. */
	private packWrite(write: PreparedWrite, items: unknown[]): void {
		const { collection, condition, action } = write;
		const declared = this.byName.get(collection.name);
		if (!declared || !("put" in action)) {
			items.push(undefined, write);
			return;
		}
		items.push(declared.number, condition, action.put.text);
		for (const field of declared.fields) items.push(action.put.declared[field]);
	}

	private unpackWrite(next: <T>() => T): PreparedWrite {
		const number = next<number | undefined>();
		const place = number === undefined ? undefined : this.declared[number];
		if (!place) return next();
		const { collection, fields, keyLength } = place;
		const [condition, text] = [next<Condition | undefined>(), next<string>()];
		const declared: Record<string, KeyPart> = {};
		const values = fields.map(() => next<KeyPart | undefined>());
		for (const [i, field] of fields.entries()) {
			const value = values[i];
			if (value !== undefined) declared[field] = value;
		}
		const key = values.slice(0, keyLength) as unknown as Key;
		return { collection, key, condition, action: { put: { key, text, declared } } };
	}
}

function unpackText(next: <T>() => T): WrittenText {
	return { scope: next(), group: next(), number: next(), text: next() };
}
