import { describe, expect, test } from "@jest/globals";
import { AWAY_AFTER_MS } from "../../../src/crm/agents/Availability.js";
import { onEveryStorage } from "./everyStorage.js";
import { APP, Desk } from "./given.js";

const ada = { email: "Ada@Example.com", name: "Ada" };

await onEveryStorage((place) => {
	const desk = () => new Desk(place());

	describe("agents", () => {
		test("are made offline, and read by id and by e-mail in any case", async () => {
			const { agents, place } = desk();
			const made = await agents.create(APP, { ...ada, skills: ["Billing", "billing "], departments: ["Sales"] });
			expect(made).toEqual({
				appId: APP,
				id: expect.stringMatching(/^[\w-]{22}$/),
				email: "ada@example.com",
				name: "Ada",
				status: "offline",
				capacity: 5,
				activeConversations: 0,
				skills: ["billing"],
				departments: ["sales"],
				createdAt: new Date(place.clock.now).toISOString(),
				updatedAt: made.createdAt,
				rev: 1,
			});
			expect(await agents.get(APP, made.id)).toEqual(made);
			expect(await agents.byEmail(APP, " aDa@example.com")).toEqual(made);
			expect(await agents.byEmail(APP, "nobody@example.com")).toBeUndefined();
			expect(await agents.byEmail(APP, "no address")).toBeUndefined();
		});

		test("of one app are not in another, where the same e-mail is free", async () => {
			const { agents } = desk();
			const { id } = await agents.create(APP, ada);
			expect(await agents.get("other", id)).toBeUndefined();
			expect(await agents.byEmail("other", ada.email)).toBeUndefined();
			await agents.create("other", ada);
			expect((await agents.list("other")).agents).toHaveLength(1);
		});

		test("of one e-mail there's one, however many are made at once", async () => {
			const { agents } = desk();
			const tries = await Promise.allSettled(Array.from({ length: 8 }, () => agents.create(APP, ada)));
			const refused = tries.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
			expect(refused).toHaveLength(7);
			for (const each of refused) expect(each).toMatchObject({ code: "agent_email_taken" });
			expect((await agents.list(APP)).agents).toHaveLength(1);
		});

		test.each<[string, object]>([
			["no e-mail", { name: "Ada" }],
			["a malformed one", { ...ada, email: "ada" }],
			["an empty name", { ...ada, name: " " }],
			["an unknown field", { ...ada, role: "admin" }],
			["no capacity", { ...ada, capacity: 0 }],
			["half a capacity", { ...ada, capacity: 1.5 }],
			["an avatar that's a script", { ...ada, avatar: "javascript:alert(1)" }],
		])("are not made with %s", async (_, given) => {
			const { agents } = desk();
			await expect(agents.create(APP, given as typeof ada)).rejects.toMatchObject({ code: "invalid_input" });
			expect((await agents.list(APP)).agents).toEqual([]);
		});

		test("change, and the number with them", async () => {
			const { agents, place } = desk();
			const { id } = await agents.create(APP, { ...ada, avatar: "https://example.com/a.png", skills: ["french"] });
			place.clock.advance(1_000);
			const changed = await agents.update(APP, id, { name: "Ada L.", avatar: null, skills: [] }, 1);
			expect(changed).toMatchObject({ name: "Ada L.", skills: [], rev: 2, email: "ada@example.com" });
			expect(changed.avatar).toBeUndefined();
			expect(changed.updatedAt > changed.createdAt).toBe(true);
			await expect(agents.update(APP, id, { name: "Late" }, 1)).rejects.toMatchObject({ code: "record_changed" });
			await expect(agents.update(APP, "nobody", { name: "X" })).rejects.toMatchObject({ code: "agent_unknown" });
			await expect(agents.update(APP, id, { id: "x" } as object)).rejects.toMatchObject({ code: "invalid_input" });
			expect((await agents.get(APP, id))?.name).toBe("Ada L.");
		});

		test("changed by several at once without a number, each gets through", async () => {
			const { agents } = desk();
			const { id } = await agents.create(APP, ada);
			await Promise.all([
				agents.update(APP, id, { name: "New" }),
				agents.update(APP, id, { capacity: 9 }),
				agents.update(APP, id, { skills: ["x"] }),
			]);
			expect(await agents.get(APP, id)).toMatchObject({ name: "New", capacity: 9, skills: ["x"], rev: 4 });
		});

		test("take a new e-mail and give the old one free", async () => {
			const { agents } = desk();
			const { id } = await agents.create(APP, ada);
			const bob = await agents.create(APP, { email: "bob@example.com", name: "Bob" });
			const taken = agents.update(APP, id, { email: "BOB@example.com" });
			await expect(taken).rejects.toMatchObject({ code: "agent_email_taken" });
			await agents.update(APP, id, { email: "countess@example.com" });
			expect((await agents.byEmail(APP, "countess@example.com"))?.id).toBe(id);
			expect(await agents.byEmail(APP, ada.email)).toBeUndefined();
			await agents.update(APP, bob.id, { email: ada.email });
			expect((await agents.byEmail(APP, ada.email))?.id).toBe(bob.id);
		});

		test("are listed page by page, all or those of a status", async () => {
			const { agents, availability, staff } = bound(desk());
			const ids = await staff(5, { status: "offline" });
			await availability.choose(APP, ids[2] ?? "", "busy");
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await agents.list(APP, { limit: 2, cursor });
				seen.push(...page.agents.map(({ id }) => id));
				cursor = page.cursor;
			} while (cursor);
			expect(seen.sort()).toEqual([...ids].sort());
			expect((await agents.list(APP, { status: "busy" })).agents.map(({ id }) => id)).toEqual([ids[2]]);
			expect((await agents.list(APP, { status: "offline" })).agents).toHaveLength(4);
		});
	});

	describe("availability", () => {
		test("after 5 minutes without activity who is online is away, and activity brings them back", async () => {
			const { agents, availability, upkeep, place, staff } = bound(desk());
			const [id = ""] = await staff(1);
			place.clock.advance(AWAY_AFTER_MS - 1);
			expect(await upkeep.run(APP)).toMatchObject({ away: 0 });
			place.clock.advance(1);
			expect(await upkeep.run(APP)).toMatchObject({ away: 1 });
			expect(await agents.get(APP, id)).toMatchObject({ status: "away" });
			await availability.active(APP, id);
			expect(await agents.get(APP, id)).toMatchObject({ status: "online" });
			expect(await upkeep.run(APP)).toMatchObject({ away: 0 });
		});

		test("activity in between keeps them online", async () => {
			const { agents, availability, upkeep, place, staff } = bound(desk());
			const [id = ""] = await staff(1);
			for (let minute = 0; minute < 12; minute++) {
				place.clock.advance(60_000);
				await availability.active(APP, id);
				await upkeep.run(APP);
				expect(await agents.get(APP, id)).toMatchObject({ status: "online" });
			}
		});

		test("activity comes back at once although another process made them away", async () => {
			const here = bound(desk());
			const there = new Desk(here.place);
			const [id = ""] = await here.staff(1);
			here.place.clock.advance(AWAY_AFTER_MS);
			await there.upkeep.run(APP);
			await here.availability.active(APP, id);
			expect(await here.agents.get(APP, id)).toMatchObject({ status: "online" });
		});

		test.each(["busy", "offline"] as const)("%s stays, with activity and without", async (status) => {
			const { agents, availability, upkeep, place, staff } = bound(desk());
			const [id = ""] = await staff(1, { status });
			place.clock.advance(AWAY_AFTER_MS * 2);
			expect(await upkeep.run(APP)).toMatchObject({ away: 0 });
			await availability.active(APP, id);
			const at = new Date(place.clock.now).toISOString();
			expect(await agents.get(APP, id)).toMatchObject({ status, lastActivityAt: at });
		});

		test("nobody who isn't there has a status", async () => {
			const { availability } = desk();
			await expect(availability.choose(APP, "nobody", "online")).rejects.toMatchObject({ code: "agent_unknown" });
			await expect(availability.active(APP, "nobody")).rejects.toMatchObject({ code: "agent_unknown" });
		});

		test("free are those online and under capacity who have the skills and work for the department", async () => {
			const { availability, assignments, staff } = bound(desk());
			const [full = ""] = await staff(1, { name: "full", capacity: 1 });
			await assignments.assign(APP, "c1", full);
			const [plain] = await staff(1, { name: "plain", departments: ["sales"] });
			const [skilled] = await staff(1, { name: "skilled", skills: ["french", "billing"] });
			await staff(1, { name: "busy", status: "busy", skills: ["french"] });
			const free = async (need: object) => (await availability.free(APP, need)).map(({ id }) => id).sort();
			expect(await free({})).toEqual([plain, skilled].sort());
			expect(await free({ skills: ["french"] })).toEqual([skilled]);
			expect(await free({ skills: ["french", "chess"] })).toEqual([]);
			expect(await free({ department: "sales" })).toEqual([plain, skilled].sort());
			expect(await free({ department: "support" })).toEqual([skilled]);
		});
	});
});

/** A desk whose parts can be taken out of it. */
function bound(desk: Desk) {
	const { agents, availability, assignments, upkeep, place } = desk;
	return { agents, availability, assignments, upkeep, place, staff: desk.staff.bind(desk) };
}
