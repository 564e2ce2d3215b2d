import { afterEach, describe, expect, test } from "@jest/globals";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import type { Write } from "../../src/storage/Storage.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";
import { onDeployment, type StorageCall, steeredStorage } from "./steering.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

interface Written {
	/** What is done, and to a record of which collection. */
	readonly what: string;
	/** Of the record as JSON; DynamoDB counts less: it has no quotes and no braces. */
	readonly bytes: number;
}

/** A call as a line, and what a transaction writes. */
interface Counted {
	readonly call: string;
	readonly writes: readonly Written[];
}

/** An office of several processes, where nothing may be remembered from one change to the next. */
async function counting(): Promise<{ calls: Counted[]; visitor: Client }> {
	const calls: Counted[] = [];
	const storage = steeredStorage((call, proceed) => {
		calls.push(counted(call));
		return proceed();
	});
	at = new TestOffice({ answering: [new Steered()], storage, ...onDeployment("API Gateway") });
	const visitor = await at.visitor();
	return { calls, visitor };
}

function counted({ method, args }: StorageCall): Counted {
	if (method === "transact") return { call: "transact", writes: args[0].map(written) };
	const [first] = args;
	return { call: `${method} ${first && "name" in first ? first.name : ""}`.trim(), writes: [] };
}

function written(write: Write): Written {
	if ("put" in write) {
		return { what: `put ${write.put.name}`, bytes: Buffer.byteLength(JSON.stringify(write.record)) };
	}
	if ("delete" in write) return { what: `delete ${write.delete.name}`, bytes: 1 };
	if ("update" in write) return { what: `update ${write.update.name}`, bytes: Number.NaN };
	return { what: `check ${write.check.name}`, bytes: 1 };
}

/** DynamoDB's write units: two for each KB that's begun, of each record in a transaction. */
function unitsOf(writes: readonly Written[]): number {
	return writes.reduce((sum, { bytes }) => sum + 2 * Math.ceil(bytes / 1024), 0);
}

describe("what a message and its answer cost", () => {
	test.each([10, 1_000])("two calls of the storage each, after %i entries", async (history) => {
		const { calls, visitor } = await counting();
		for (let i = 0; i < history / 2; i++) await visitor.say(`what about ${i}?`, `before-${i}`);
		calls.length = 0;
		await visitor.say("hi there", "m1");
		expect((await at.office.session("shop", visitor.sessionId))?.seq).toBe(history + 2);
		calls.pop();
		expect(calls.map(({ call }) => call)).toEqual(["get sessions", "transact", "get sessions", "transact"]);
		const [, message, , answer] = calls.map(({ writes }) => writes);
		expect(message?.map(({ what }) => what)).toEqual(["put sessions", "put messageIds", "put entries", "put due"]);
		expect(answer?.map(({ what }) => what)).toEqual(["put sessions", "put entries", "delete due"]);
		// Each record has less than one KB: none of them grows with the log.
		for (const { bytes } of [...(message ?? []), ...(answer ?? [])]) expect(bytes).toBeLessThan(1024);
		expect(unitsOf(message ?? [])).toBeLessThanOrEqual(9);
		expect(unitsOf(answer ?? [])).toBeLessThanOrEqual(7);
	});

	test("the same on a Lambda that hasn't met the connection, but for getting to know it", async () => {
		const { calls, visitor } = await counting();
		await visitor.say("hi", "m1");
		at.office = new PostOffice({ ...at.ports });
		calls.length = 0;
		await visitor.say("hi there", "m2");
		expect(calls.map(({ call }) => call)).toEqual([
			"get connections",
			"get sessions",
			"transact",
			"get sessions",
			"transact",
		]);
	});
});
