import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Answer } from "../../src/connectors/Connector.js";
import { RouterError } from "../../src/protocol/errors.js";
import type { Storage } from "../../src/storage/Storage.js";
import { TestOffice } from "../support/office.js";
import { Steered, say } from "./Steered.js";
import {
	DEPLOYMENTS,
	Later,
	loseAnswer,
	onDeployment,
	readsLog,
	type StorageCall,
	steeredStorage,
} from "./steering.js";

/** Longer than moves of cursors are gathered. */
const CURSORS_WRITTEN_MS = 50;

let at: TestOffice;
let errors: string[];
afterEach(() => {
	expect(at.notes.errors.map(({ event }) => event)).toEqual(errors);
});

/** A memory, and a switch: the next call for which `isMeant` holds is done, but its answer is lost. */
function forgetful(isMeant: (call: StorageCall) => boolean): { storage: Storage; loseNext: () => void } {
	let isLosing = false;
	const storage = steeredStorage(async (call, proceed) => {
		if (!isLosing || !isMeant(call)) return proceed();
		isLosing = false;
		return loseAnswer(proceed);
	});
	return {
		storage,
		loseNext: () => {
			isLosing = true;
		},
	};
}

describe("a write that was done, although the storage didn't say so", () => {
	test("of joining: the visitor is found by the user id, and gets what was missed", async () => {
		errors = [];
		const { storage, loseNext } = forgetful(({ method }) => method === "transact");
		at = new TestOffice({ answering: [new Steered()], storage });
		loseNext();
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("missed");
		await visitor.connect();
		expect(visitor.readInAll).toEqual(["missed"]);
	});

	test("of coming back by a frame: what was missed is pushed", async () => {
		errors = [];
		const { storage, loseNext } = forgetful(({ method }) => method === "transact");
		at = new TestOffice({ answering: [new Steered()], storage, ...onDeployment("API Gateway") });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("missed");
		await visitor.arrive();
		loseNext();
		await visitor.join();
		await agent.say("live");
		expect(visitor.readInAll).toEqual(["missed", "live"]);
	});

	test("of a message: it's in the log once, and answered once", async () => {
		errors = [];
		const { storage, loseNext } = forgetful(({ method }) => method === "transact");
		const bot = new Steered();
		at = new TestOffice({ answering: [bot], storage });
		const visitor = await at.visitor();
		loseNext();
		await visitor.say("hi", "m1");
		expect(visitor.of("ack").map(({ data }) => data?.seq)).toEqual([1]);
		expect(visitor.read).toEqual(["echo hi"]);
		expect(bot.turns).toHaveLength(1);
		expect((await at.office.session("shop", visitor.sessionId))?.seq).toBe(2);
	});

	test("of taking the next turn: it's run all the same", async () => {
		errors = [];
		const { storage, loseNext } = forgetful(({ method, args }) => {
			if (method !== "transact") return false;
			const records = args[0].map((write) => ("record" in write ? write.record : {}));
			const isAppending = args[0].some((write) => "put" in write && write.put.name === "entries");
			return !isAppending && records.some((record) => "turn" in record && record.turn !== undefined);
		});
		const bot = new Steered();
		at = new TestOffice({ answering: [bot], storage });
		const visitor = await at.visitor();
		const answer = new Later<Answer>();
		bot.reply = () => answer.promise;
		await visitor.utter("1");
		await visitor.utter("2");
		bot.reply = (turn) => say(`echo ${turn.request.rawQuery}`);
		loseNext();
		answer.keep(say("echo 1"));
		await at.office.idle();
		expect(visitor.read).toEqual(["echo 1", "echo 2"]);
	});
});

describe("a log that can't be read while a client catches up", () => {
	let failures = 0;
	const failing = () =>
		steeredStorage(async (call, proceed) => {
			if (readsLog(call) && failures-- > 0) throw new RouterError("storage_unavailable");
			return proceed();
		});

	test("isn't called recovered: the client comes back, and has it all", async () => {
		errors = ["catching up failed"];
		at = new TestOffice({ answering: [new Steered()], storage: failing() });
		const visitor = await at.visitor();
		await visitor.say("a", "m1");
		await visitor.drop();
		await visitor.connect();
		failures = 1;
		await visitor.send({ event: "resume", data: { since: 0 } });
		await at.office.idle();
		expect(visitor.of("resumed")).toEqual([]);
		expect(at.transport.isOpen(visitor.connection)).toBe(false);
		await visitor.connect();
		await visitor.send({ event: "resume", data: { since: 0 } });
		await at.office.idle();
		expect(visitor.of("new message").map(({ seq }) => seq)).toEqual([1, 2]);
		expect(visitor.of("resumed")[0]?.data).toEqual({ recovered: true, seq: 2 });
	});

	test.each(DEPLOYMENTS)("loses nothing for the published widget, on %s", async (name) => {
		errors = ["catching up failed"];
		at = new TestOffice({ answering: [new Steered()], storage: failing(), ...onDeployment(name) });
		const visitor = await at.visitor();
		const agent = await at.bargedIn(visitor.sessionId);
		await visitor.drop();
		await agent.say("missed");
		await visitor.arrive();
		failures = 1;
		await visitor.join();
		await agent.say("while it's cut off");
		await sleep(CURSORS_WRITTEN_MS);
		await visitor.drop();
		await visitor.connect();
		await agent.say("live");
		expect(visitor.readInAll).toEqual(["missed", "while it's cut off", "live"]);
	});
});
