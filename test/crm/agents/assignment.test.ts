import { describe, expect, test } from "@jest/globals";
import { assignments as assignmentCollection, assignmentQueue } from "../../../src/crm/agents/assignmentRecords.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import type { Collection, Page, Query } from "../../../src/storage/Storage.js";
import { TestClock } from "../../support/office.js";
import { COLLECTIONS, onEveryStorage } from "./everyStorage.js";
import { APP, Desk } from "./given.js";

const hundred = Array.from({ length: 100 }, (_, i) => `c${String(i).padStart(2, "0")}`);

await onEveryStorage((place) => {
	const desk = () => new Desk(place());

	describe("assignment", () => {
		test("goes to who has fewest, and asking again changes nothing", async () => {
			const d = desk();
			const [a = "", b = ""] = await d.staff(2);
			await d.assignments.assign(APP, "c0", a);
			const first = await d.assignments.request(APP, "c1");
			expect(first).toEqual({
				state: "assigned",
				conversationId: "c1",
				agentId: b,
				assignedAt: d.place.clock.now,
			});
			expect(await d.assignments.request(APP, "c1", { priority: "urgent" })).toEqual(first);
			expect([await d.load(a), await d.load(b)]).toEqual([1, 1]);
			expect(d.changes).toEqual([
				["c0", a],
				["c1", b],
			]);
		});

		test("waits where nobody is there, and comes when somebody is", async () => {
			const d = desk();
			expect(await d.assignments.request(APP, "c1", { priority: "high" })).toMatchObject({
				state: "waiting",
				priority: "high",
			});
			const [id = ""] = await d.staff(1);
			expect(await d.assignments.of(APP, "c1")).toMatchObject({ state: "assigned", agentId: id });
			expect((await d.assignments.waiting(APP)).conversationIds).toEqual([]);
		});

		test("comes to who comes back from being away, and to who may take more", async () => {
			const d = desk();
			const [id = ""] = await d.staff(1, { status: "away", capacity: 1 });
			await d.assignments.request(APP, "c1");
			await d.assignments.request(APP, "c2");
			await d.availability.active(APP, id).then(() => d.assignments.idle());
			// Choosing to be away was activity a moment ago: the next is noted later.
			d.place.clock.advance(30_000);
			await d.availability.active(APP, id);
			await d.assignments.idle();
			expect(await d.assignments.of(APP, "c1")).toMatchObject({ state: "assigned", agentId: id });
			expect(await d.assignments.of(APP, "c2")).toMatchObject({ state: "waiting" });
			await d.agents.update(APP, id, { capacity: 2 });
			await d.assignments.idle();
			expect(await d.assignments.of(APP, "c2")).toMatchObject({ state: "assigned", agentId: id });
		});

		test("goes by skills and department, past those who wait for somebody else", async () => {
			const d = desk();
			const [french] = await d.staff(1, { name: "french", skills: ["french"], departments: ["sales"] });
			expect(await d.assignments.request(APP, "c1", { skills: ["spanish"], priority: "urgent" })).toMatchObject({
				state: "waiting",
			});
			expect(await d.assignments.request(APP, "c2", { department: "support" })).toMatchObject({ state: "waiting" });
			expect(await d.assignments.request(APP, "c3", { skills: ["french"], department: "sales" })).toMatchObject({
				state: "assigned",
				agentId: french,
			});
		});

		test("of a hundred at once to 10 agents of capacity 5 is 50, and as capacity frees the rest", async () => {
			const d = desk();
			const ids = await d.staff(10, { capacity: 5 });
			await Promise.all(hundred.map((id) => d.assignments.request(APP, id)));
			expect(await Promise.all(ids.map((id) => d.load(id)))).toEqual(ids.map(() => 5));
			const states = await Promise.all(hundred.map((id) => d.assignments.of(APP, id)));
			const has = states.flatMap((each) => (each?.state === "assigned" ? [each] : []));
			expect(has).toHaveLength(50);
			expect(states.filter((each) => each?.state === "waiting")).toHaveLength(50);
			expect((await d.assignments.waiting(APP)).conversationIds).toHaveLength(50);
			await Promise.all(has.slice(0, 20).map(({ conversationId }) => d.assignments.release(APP, conversationId)));
			await d.assignments.idle();
			expect((await d.assignments.waiting(APP)).conversationIds).toHaveLength(30);
			expect(await Promise.all(ids.map((id) => d.load(id)))).toEqual(ids.map(() => 5));
			expect(d.notes.errors).toEqual([]);
		}, 60_000);

		test("of those who wait is by urgency, then age", async () => {
			const d = desk();
			const [id = ""] = await d.staff(1, { capacity: 1 });
			await d.assignments.request(APP, "c0");
			for (const [name, priority] of [
				["low-old", "low"],
				["high-old", "high"],
				["urgent", "urgent"],
				["high-new", "high"],
				["low-new", undefined],
				["medium", "medium"],
			] as const) {
				d.place.clock.advance(10);
				await d.assignments.request(APP, name, { priority });
			}
			const order = ["urgent", "high-old", "high-new", "medium", "low-old", "low-new"];
			expect((await d.assignments.waiting(APP)).conversationIds).toEqual(order);
			const served = [];
			for (let last = "c0"; served.length < order.length; ) {
				await d.assignments.release(APP, last);
				last = d.changes.at(-1)?.[0] ?? "";
				served.push(last);
			}
			expect(served).toEqual(order);
			expect(await d.load(id)).toBe(1);
		});

		test("asking again with another priority moves it, and keeps its age", async () => {
			const d = desk();
			for (const name of ["a", "b", "c"]) {
				d.place.clock.advance(10);
				await d.assignments.request(APP, name, { priority: "high" });
			}
			await d.assignments.request(APP, "b", { priority: "urgent" });
			expect((await d.assignments.waiting(APP)).conversationIds).toEqual(["b", "a", "c"]);
			await d.assignments.request(APP, "b", { priority: "high" });
			expect((await d.assignments.waiting(APP)).conversationIds).toEqual(["a", "b", "c"]);
		});

		test("released while it waits, it waits no longer", async () => {
			const d = desk();
			await d.assignments.request(APP, "c1");
			expect(await d.assignments.release(APP, "c1")).toBe(true);
			expect(await d.assignments.release(APP, "c1")).toBe(false);
			await d.staff(1);
			expect(await d.assignments.of(APP, "c1")).toBeUndefined();
		});

		test("released by many at once, it counts once", async () => {
			const d = desk();
			const [id = ""] = await d.staff(1);
			await d.assignments.request(APP, "c1");
			await d.assignments.request(APP, "c2");
			await Promise.all([1, 2, 3, 4].map(() => d.assignments.release(APP, "c1")));
			expect(await d.load(id)).toBe(1);
		});

		test("to a named agent takes it from who had it, or from the queue", async () => {
			const d = desk();
			await d.assignments.request(APP, "c1");
			const [a = "", b = ""] = await d.staff(2, { status: "busy", capacity: 1 });
			await d.assignments.assign(APP, "c1", a);
			expect((await d.assignments.waiting(APP)).conversationIds).toEqual([]);
			await d.assignments.assign(APP, "c1", b);
			await d.assignments.assign(APP, "c1", b);
			expect([await d.load(a), await d.load(b)]).toEqual([0, 1]);
			expect(d.changes).toEqual([
				["c1", a],
				["c1", b],
			]);
		});

		test("to a named agent is refused at capacity, offline, and where there's none", async () => {
			const d = desk();
			const [full = ""] = await d.staff(1, { name: "full", capacity: 1 });
			const [gone = ""] = await d.staff(1, { name: "gone", status: "offline" });
			await d.assignments.assign(APP, "c1", full);
			const assign = (id: string) => d.assignments.assign(APP, "c2", id);
			await expect(assign(full)).rejects.toMatchObject({ code: "agent_at_capacity" });
			await expect(assign(gone)).rejects.toMatchObject({ code: "agent_unavailable" });
			await expect(assign("nobody")).rejects.toMatchObject({ code: "agent_unknown" });
			expect(await d.assignments.of(APP, "c2")).toBeUndefined();
			expect([await d.load(full), await d.load(gone)]).toEqual([1, 0]);
		});

		test("to a named agent by many at once stays within capacity", async () => {
			const d = desk();
			const [id = ""] = await d.staff(1, { capacity: 2 });
			const tries = await Promise.allSettled(
				["c1", "c2", "c3", "c4", "c5"].map((each) => d.assignments.assign(APP, each, id)),
			);
			const refused = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
			expect(refused).toHaveLength(3);
			for (const each of refused) expect(each).toMatchObject({ code: "agent_at_capacity" });
			expect(await d.load(id)).toBe(2);
		});

		test("by two processes at once is each once", async () => {
			const left = desk();
			const right = new Desk(left.place);
			const ids = await left.staff(4, { capacity: 3 });
			await Promise.all(Array.from({ length: 24 }, (_, i) => (i % 2 ? left : right).assignments.request(APP, `c${i}`)));
			const told = [...left.changes, ...right.changes].map(([conversationId]) => conversationId);
			expect(told).toHaveLength(12);
			expect(new Set(told).size).toBe(12);
			expect(await Promise.all(ids.map((id) => left.load(id)))).toEqual([3, 3, 3, 3]);
			expect((await left.assignments.waiting(APP)).conversationIds).toHaveLength(12);
			expect([...left.notes.errors, ...right.notes.errors]).toEqual([]);
		});

		test("in one app takes nobody of another", async () => {
			const d = desk();
			await d.staff(1);
			expect(await d.assignments.request("other", "c1")).toMatchObject({ state: "waiting" });
			expect(await d.assignments.of(APP, "c1")).toBeUndefined();
		});
	});

	describe("upkeep", () => {
		test("repairs counts that are wrong, in either direction, and leaves right ones", async () => {
			const d = desk();
			const [a = "", b = "", c = ""] = await d.staff(3);
			for (const [conversation, agent] of [
				["c1", a],
				["c2", a],
				["c3", b],
				["c4", c],
			] as const) {
				await d.assignments.assign(APP, conversation, agent);
			}
			await d.spoil(a, 5);
			await d.spoil(b, 0);
			d.place.clock.advance(10_000);
			expect(await d.upkeep.run(APP)).toEqual({ away: 0, released: 0, repaired: 2 });
			expect([await d.load(a), await d.load(b), await d.load(c)]).toEqual([2, 1, 1]);
			expect(await d.upkeep.run(APP)).toMatchObject({ repaired: 0 });
		});

		test("leaves a count that changed a moment ago: an index may not know yet", async () => {
			const d = desk();
			const [a = ""] = await d.staff(1);
			await d.assignments.assign(APP, "c1", a);
			await d.spoil(a, 3);
			expect(await d.upkeep.run(APP)).toMatchObject({ repaired: 0 });
		});

		test("ends what a process that died left of conversations that are over, and gives the place away", async () => {
			const d = desk();
			const [a = ""] = await d.staff(1, { capacity: 1 });
			await d.assignments.request(APP, "c1");
			await d.assignments.request(APP, "c2");
			d.over.add("c1");
			expect(await d.upkeep.run(APP)).toMatchObject({ released: 1 });
			expect(await d.assignments.of(APP, "c1")).toBeUndefined();
			expect(await d.assignments.of(APP, "c2")).toMatchObject({ state: "assigned", agentId: a });
		});

		test("assigns who was put into the queue by a process that died then", async () => {
			const d = desk();
			const [a = ""] = await d.staff(1, { capacity: 1 });
			const { storage, topic } = d.place;
			const other = new Desk(d.place);
			await other.assignments.assign(APP, "c0", a);
			await other.assignments.request(APP, "c1");
			// What `release` does, without what follows it.
			const [held] = (await storage.query(assignmentCollection, { index: "byHolder", hash: `${topic}/${APP}` }))
				.records;
			await storage.delete(assignmentCollection, [held?.conversation ?? ""]);
			await d.spoil(a, 0);
			expect((await storage.query(assignmentQueue, { hash: `${topic}/${APP}` })).records).toHaveLength(1);
			await d.upkeep.run(APP);
			expect(await d.assignments.of(APP, "c1")).toMatchObject({ state: "assigned", agentId: a });
		});
	});
});

/** Memory whose indexes, while they're late, answer as they did when they were last asked in time. */
class LateIndexes extends MemoryStorage {
	isLate = false;
	private readonly known = new Map<string, Page<object>>();

	override async query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>> {
		const place = JSON.stringify([collection.name, query]);
		if (query.index && this.isLate) return (this.known.get(place) ?? { records: [] }) as Page<R>;
		const page = await super.query(collection, query);
		if (query.index) this.known.set(place, page);
		return page;
	}
}

describe("where indexes lag behind", () => {
	const given = () => {
		const storage = new LateIndexes({ collections: COLLECTIONS });
		return { storage, d: new Desk({ topic: "late", storage, clock: new TestClock() }) };
	};

	test("who came online is assigned what waits although no index has them yet", async () => {
		const { storage, d } = given();
		const [id = ""] = await d.staff(1, { status: "offline" });
		await d.assignments.request(APP, "c1");
		storage.isLate = true;
		await d.availability.choose(APP, id, "online");
		await d.assignments.idle();
		expect(await d.assignments.of(APP, "c1")).toMatchObject({ state: "assigned", agentId: id });
	});

	test("nobody is assigned more than they may have, or after they went", async () => {
		const { storage, d } = given();
		const [stays = "", goes = ""] = await d.staff(2, { capacity: 2 });
		await d.availability.free(APP);
		storage.isLate = true;
		await d.availability.choose(APP, goes, "offline");
		for (const each of ["c1", "c2", "c3"]) await d.assignments.request(APP, each);
		expect([await d.load(stays), await d.load(goes)]).toEqual([2, 0]);
		expect((await d.assignments.waiting(APP)).conversationIds).toEqual(["c3"]);
	});
});
