import { beforeEach, describe, expect, test } from "@jest/globals";
import { newHead } from "../../src/delivery/opening.js";
import { entries, sessions } from "../../src/delivery/records.js";
import type { SessionDraft } from "../../src/delivery/SessionDraft.js";
import { AlreadyAppended, type Rule, SessionLog } from "../../src/delivery/SessionLog.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import type { Storage } from "../../src/storage/Storage.js";
import { steeredStorage } from "./steering.js";

const KEY = "test/shop/session-1";
const NOW = Date.now();
const VISITOR = { id: "visitor-1", role: "visitor" } as const;
const open = () => newHead(KEY, VISITOR.id, { answerers: new Map() }, NOW);

/** The first transaction's answer never comes; it's done when the test says so, if it still can be. */
let late: () => Promise<unknown>;
let transactions: number;
let storage: Storage;
let log: SessionLog;
let pushed: string[];

beforeEach(async () => {
	transactions = 0;
	storage = steeredStorage(async ({ method }, proceed) => {
		if (method !== "transact" || ++transactions > 1) return proceed();
		late = proceed;
		throw new RouterError("storage_unavailable");
	});
	log = new SessionLog(storage, () => NOW, false);
	pushed = [];
	log.onAppended = (_, appended) => pushed.push(...appended.map(({ entry }) => entry.messageId));
});

async function opened(): Promise<void> {
	await storage.put(sessions, { ...open(), rev: 1 });
}

async function stored(): Promise<string[]> {
	const { records } = await storage.query(entries, { hash: KEY });
	return records.map(({ messageId }) => messageId);
}

function saying(messageId: string): Rule<Entry> {
	return (draft) => {
		const entry = draft.append(VISITOR, "everyone", { type: "message", text: messageId }, messageId);
		draft.unique(entry, messageId);
		return entry;
	};
}

/** Says it the first time, and is then refused: a lease is over, for example. */
function sayingOnce(messageId: string, refusing: (draft: SessionDraft) => void = () => {}): Rule<Entry> {
	let isFirst = true;
	return (draft) => {
		if (isFirst) {
			isFirst = false;
			return saying(messageId)(draft);
		}
		refusing(draft);
		throw new RouterError("session_forbidden");
	};
}

describe("what is refused after an attempt whose outcome wasn't learned", () => {
	test("isn't in the log later, either", async () => {
		await opened();
		await expect(log.change(KEY, sayingOnce("m1"))).rejects.toMatchObject({ code: "session_forbidden" });
		await late().catch(() => {});
		expect(await stored()).toEqual([]);
	});

	test("isn't refused where that attempt comes in while it's looked for: it's acknowledged, and pushed", async () => {
		await opened();
		const { appended } = await log.change(
			KEY,
			sayingOnce("m1", () => void late()),
		);
		expect(appended.map(({ seq }) => seq)).toEqual([1]);
		expect(await stored()).toEqual(["m1"]);
		expect(pushed).toEqual(["m1"]);
	});

	test("isn't refused where that attempt comes in before the others of its group", async () => {
		await opened();
		const grouped = {};
		// The first takes the lane; those that wait for it are a group.
		const first = log.change(KEY, () => "nothing");
		const refused = log.change(
			KEY,
			sayingOnce("m1", () => void late()),
			{ grouped },
		);
		const second = log.change(KEY, saying("m2"), { grouped });
		await first;
		expect((await refused).appended.map(({ seq }) => seq)).toEqual([1]);
		expect((await second).appended.map(({ seq }) => seq)).toEqual([2]);
		expect(await stored()).toEqual(["m1", "m2"]);
		expect(pushed).toEqual(["m1", "m2"]);
	});

	test("is refused, and the others of its group are in the log", async () => {
		await opened();
		const grouped = {};
		const first = log.change(KEY, () => "nothing");
		const refused = log.change(KEY, sayingOnce("m1"), { grouped });
		const second = log.change(KEY, saying("m2"), { grouped });
		await first;
		await expect(refused).rejects.toMatchObject({ code: "session_forbidden" });
		await second;
		await late().catch(() => {});
		expect(await stored()).toEqual(["m2"]);
		expect(pushed).toEqual(["m2"]);
	});
});

test("what another process appended under the same number and message id stands", async () => {
	await opened();
	const other = new SessionLog(storage, () => NOW + 1, false);
	const change = log.change(KEY, saying("m1"));
	// While this one waits to try again.
	while (transactions === 0) await new Promise(setImmediate);
	await other.change(KEY, saying("m1"));
	await expect(change).rejects.toBeInstanceOf(AlreadyAppended);
	expect(await stored()).toEqual(["m1"]);
});
