import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { Customers } from "../../src/crm/customers/Customers.js";
import type { CustomerFilter } from "../../src/crm/customers/schema.js";
import { eventually } from "../support/eventually.js";
import { onEachStorage } from "./storages.js";

await onEachStorage((open) => {
	/** Two services, as of two processes, and an app of the test's own. */
	async function given() {
		const clock = { now: Date.now() };
		const read = () => clock.now++;
		const customersOf = async (topic: string) => new Customers({ topic, storage: await open(), clock: read });
		const [one, other] = [await customersOf("test"), await customersOf("test")];
		return { customers: one, other, customersOf, app: randomUUID(), clock };
	}

	describe("a customer", () => {
		test("is as it was made, found by address in any capitals, and in no other app", async () => {
			const { customers, app } = await given();
			const made = await customers.create(app, {
				email: "Ada@Example.com",
				name: " Ada ",
				company: "Analytical",
				tags: ["VIP", "vip", "early"],
				customFields: { plan: "gold", seats: 3 },
				notes: "Likes engines.",
			});
			expect(made).toMatchObject({ email: "Ada@Example.com", name: "Ada", tags: ["vip", "early"], status: "active" });
			expect(made.id).toMatch(/^[\w-]{22}$/);
			expect(await customers.get(app, made.id)).toEqual(JSON.parse(JSON.stringify(made)));
			expect((await customers.findByEmail(app, "aDA@example.COM"))?.id).toBe(made.id);
			expect(await customers.findByEmail("another", "ada@example.com")).toBeUndefined();
			await expect(customers.get("another", made.id)).rejects.toMatchObject({ code: "customer_unknown" });
		});

		test("of another post office on the same storage is somebody else", async () => {
			const { customers, customersOf, app } = await given();
			const elsewhere = await customersOf("other");
			const ada = { email: "ada@example.com", name: "Ada", company: "Analytical", tags: ["vip"] };
			const one = await customers.create(app, ada);
			const other = await elsewhere.create(app, ada);
			await expect(customers.get(app, other.id)).rejects.toMatchObject({ code: "customer_unknown" });
			for (const filter of [{ status: "active" }, { company: "Analytical" }, { tag: "vip" }] as const) {
				expect((await customers.list(app, filter)).items.map(({ id }) => id)).toEqual([one.id]);
			}
		});

		test("has an address of its own", async () => {
			const { customers, app } = await given();
			await customers.create(app, { email: "ada@example.com", name: "Ada" });
			const again = customers.create(app, { email: "ADA@example.com", name: "Other" });
			await expect(again).rejects.toMatchObject({ code: "customer_exists" });
			expect((await customers.findByEmail(app, "ada@example.com"))?.name).toBe("Ada");
		});

		test.each([
			[{ name: "x" }, "email"],
			[{ email: "no address", name: "x" }, "email"],
			[{ email: "a@b.co", name: " " }, "name"],
			[{ email: "a@b.co", name: "x", rev: 7 }, "rev"],
			[{ email: "a@b.co", name: "x", status: "blocked" }, "status"],
			[{ email: "a@b.co", name: "x", customFields: { big: "x".repeat(5_000) } }, "customFields"],
			[{ email: "a@b.co", name: "x", avatar: "javascript:alert(1)" }, "avatar"],
		])("isn't made of what is wrong: case %#, the error names the field", async (input, field) => {
			const { customers, app } = await given();
			const call = customers.create(app, input as never);
			await expect(call).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining(field) });
		});
	});

	describe("a change", () => {
		test("changes what it names, takes away what is null, and counts", async () => {
			const { customers, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A", phone: "1", company: "B" });
			const after = await customers.update(app, id, { name: "Ada", phone: null });
			expect(after).toMatchObject({ rev: 2, name: "Ada", company: "B", email: "a@b.co" });
			expect(after.phone).toBeUndefined();
			expect(await customers.get(app, id)).toEqual(JSON.parse(JSON.stringify(after)));
			await expect(customers.update(app, id, { nmae: "x" } as never)).rejects.toMatchObject({ code: "invalid_input" });
			await expect(customers.update(app, "nobody", {})).rejects.toMatchObject({ code: "customer_unknown" });
		});

		test("is refused to who read an older one; of two at once, one is made", async () => {
			const { customers, other, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A" });
			const both = await Promise.allSettled([
				customers.update(app, id, { name: "B" }, 1),
				other.update(app, id, { name: "C" }, 1),
			]);
			expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
			const lost = both.find((each) => each.status === "rejected");
			expect(lost?.reason).toMatchObject({ code: "record_changed" });
			expect((await customers.get(app, id)).rev).toBe(2);
		});

		test("without a number is made after those of others", async () => {
			const { customers, other, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A" });
			await Promise.all([customers.update(app, id, { phone: "1" }), other.update(app, id, { company: "C" })]);
			expect(await customers.get(app, id)).toMatchObject({ rev: 3, phone: "1", company: "C" });
		});

		test("of the address frees the old one, and can't take another's", async () => {
			const { customers, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A" });
			await customers.create(app, { email: "taken@b.co", name: "T" });
			await expect(customers.update(app, id, { email: "Taken@b.co" })).rejects.toMatchObject({
				code: "customer_exists",
			});
			await customers.update(app, id, { email: "new@b.co" });
			expect(await customers.findByEmail(app, "a@b.co")).toBeUndefined();
			expect((await customers.findByEmail(app, "new@b.co"))?.id).toBe(id);
			expect((await customers.findByEmail(app, "taken@b.co"))?.name).toBe("T");
			// The same address in other letters is no other one.
			expect((await customers.update(app, id, { email: "New@b.co" })).email).toBe("New@b.co");
		});
	});

	describe("first connects", () => {
		test("twenty at once, in two processes, make one customer", async () => {
			const { customers, other, app } = await given();
			const calls = Array.from({ length: 20 }, (_, i) =>
				(i % 2 ? customers : other).findOrCreate(app, { email: i % 3 ? "a@b.co" : "A@b.co", name: `${i}` }),
			);
			const found = await Promise.all(calls);
			expect(new Set(found.map(({ customer }) => customer.id)).size).toBe(1);
			expect(found.filter(({ isNew }) => isNew)).toHaveLength(1);
			await eventually(async () => expect((await customers.list(app)).items).toHaveLength(1));
		});

		test("of one who is known change nothing; one who is blocked is told so", async () => {
			const { customers, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A" });
			const { customer, isNew } = await customers.findOrCreate(app, { email: "a@b.co", name: "Another" });
			expect([customer.name, isNew]).toEqual(["A", false]);
			await customers.update(app, id, { status: "blocked" });
			const call = customers.findOrCreate(app, { email: "a@b.co" });
			await expect(call).rejects.toMatchObject({ code: "customer_blocked" });
		});

		test("are noted", async () => {
			const { customers, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A" });
			await customers.seen(app, id);
			expect(await customers.get(app, id)).toMatchObject({ rev: 1, lastSeenAt: expect.stringMatching(/Z$/) });
			await expect(customers.seen(app, "nobody")).rejects.toMatchObject({ code: "customer_unknown" });
		});
	});

	describe("lists", () => {
		test("by company, status and tag, page by page, the newest first, each customer once", async () => {
			const { customers, app } = await given();
			const all: { id: string; i: number }[] = [];
			for (let i = 0; i < 23; i++) {
				const company = i % 2 ? "ACME" : "acme";
				const tags = i % 3 ? ["Gold"] : ["silver"];
				all.unshift({ i, ...(await customers.create(app, { email: `${i}@b.co`, name: `${i}`, company, tags })) });
			}
			await customers.create(randomUUID(), { email: "x@b.co", name: "x", company: "acme", tags: ["gold"] });
			const ids = (keep: (i: number) => boolean = () => true) => all.filter(({ i }) => keep(i)).map(({ id }) => id);
			const holds = (filter: CustomerFilter, expected: readonly string[], limit = 4) =>
				eventually(async () => expect(await idsOf(customers, app, filter, limit)).toEqual(expected));
			await holds({ company: "Acme" }, ids());
			await holds({}, ids());
			await holds(
				{ tag: "gold" },
				ids((i) => i % 3 > 0),
			);

			const [changed = "", blocked = ""] = [ids()[3], ids()[5]];
			await customers.update(app, changed, { tags: ["Gold", "Silver", "new"] });
			await customers.update(app, blocked, { status: "blocked", company: null, tags: null });
			const others = ids().filter((id) => id !== blocked);
			await holds({ tag: "new" }, [changed]);
			await holds(
				{ tag: "gold" },
				ids((i) => i % 3 > 0 || all[3]?.i === i).filter((id) => id !== blocked),
			);
			await holds({ status: "blocked" }, [blocked]);
			await holds({ status: "active" }, others, 7);
			await holds({ company: "acme" }, others, 100);
		});

		test("of what isn't asked for rightly are refused", async () => {
			const { customers, app } = await given();
			const wrong = [{ colour: "red" }, { company: "x", tag: "y" }, { status: "asleep" }];
			for (const filter of wrong) {
				await expect(customers.list(app, filter as never)).rejects.toMatchObject({ code: "invalid_input" });
			}
			await expect(customers.list(app, {}, { limit: 101 })).rejects.toMatchObject({ code: "invalid_input" });
			await expect(customers.list(app, {}, { cursor: "AAAA" })).rejects.toMatchObject({ code: "invalid_query" });
		});

		test("a tag that a dead process entered for nothing finds nobody", async () => {
			const { customers, other, app } = await given();
			const { id } = await customers.create(app, { email: "a@b.co", name: "A", tags: ["kept"] });
			// Its address is taken: the tag was entered, and the change refused.
			await other.create(app, { email: "b@b.co", name: "B" });
			await expect(customers.update(app, id, { tags: ["lost"], email: "b@b.co" })).rejects.toThrow();
			expect((await customers.list(app, { tag: "lost" })).items).toEqual([]);
			expect((await customers.list(app, { tag: "kept" })).items).toHaveLength(1);
		});
	});
});

async function idsOf(customers: Customers, app: string, filter: CustomerFilter, limit: number): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await customers.list(app, filter, { limit, cursor });
		expect(page.items.length).toBeLessThanOrEqual(limit);
		ids.push(...page.items.map(({ id }) => id));
		cursor = page.nextCursor;
	} while (cursor !== undefined);
	return ids;
}
