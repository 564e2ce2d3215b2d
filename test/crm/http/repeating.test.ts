import { describe, expect, test } from "@jest/globals";
import { idempotencyKeys } from "../../../src/crm/http/idempotency/records.js";
import { RouterError } from "../../../src/protocol/errors.js";
import { APP, Office } from "./given.js";

const ADA = JSON.stringify({ email: "ada@example.com", name: "Ada" });

describe("If-Match", () => {
	test("lets a change through only at the record's rev", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const { id } = await office.crm.customers.create(APP, JSON.parse(ADA));
		const put = (tag: string | undefined, name: string) =>
			office.ask("PUT", `/api/customers/${id}`, { token, body: JSON.stringify({ name }), "if-match": tag });
		expect((await put('"1"', "A1")).headers.get("etag")).toBe('"2"');
		for (const stale of ['"1"', 'W/"2"', '"two"', "2", '"99999999999999999999"']) {
			const answer = await put(stale, "never");
			expect([stale, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
				stale,
				412,
				"record_changed",
			]);
		}
		expect((await put('"1", "2"', "never")).status).toBe(400);
		expect(await office.crm.customers.get(APP, id)).toMatchObject({ rev: 2, name: "A1" });
		for (const any of ["*", undefined, '"4"']) expect((await put(any, `A${any}`)).status).toBe(200);
	});

	test("of two who change the same at once, one is told", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const { id } = await office.crm.customers.create(APP, JSON.parse(ADA));
		const answers = await Promise.all(
			["B", "C"].map((name) =>
				office.ask("PUT", `/api/customers/${id}`, { token, body: JSON.stringify({ name }), "if-match": '"1"' }),
			),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
	});
});

describe("Idempotency-Key", () => {
	const post = (office: Office, token: string, key: string, body = ADA) =>
		office.ask("POST", "/api/customers", { token, body, "idempotency-key": key });

	test("the same request with the same key is done once, and answered alike", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const first = await post(office, token, "k1");
		const again = await post(office, token, "k1");
		expect([first.status, again.status]).toEqual([201, 201]);
		expect(await again.text()).toBe(await first.text());
		for (const name of ["etag", "location"]) expect(again.headers.get(name)).toBe(first.headers.get(name));
		expect(first.headers.get("idempotency-replayed")).toBeNull();
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
	});

	test("twenty at once make one", async () => {
		const office = await Office.open();
		const token = await office.staff();
		const answers = await Promise.all(Array.from({ length: 20 }, () => post(office, token, "k1")));
		const bodies = await Promise.all(answers.map((each) => each.text()));
		expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
		expect(new Set(bodies).size).toBe(1);
	});

	test("another request with it is a conflict; another sender's key is another key", async () => {
		const office = await Office.open();
		const token = await office.staff();
		await post(office, token, "k1");
		const other = await post(office, token, "k1", JSON.stringify({ email: "bob@example.com", name: "Bob" }));
		expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([422, "idempotency_conflict"]);
		const theirs = await post(office, await office.staff("admin"), "k1");
		expect(((await theirs.json()) as { code: string }).code).toBe("customer_exists");
	});

	test("what was refused may be sent again, corrected, with the same key", async () => {
		const office = await Office.open();
		const token = await office.staff();
		await office.crm.customers.create(APP, JSON.parse(ADA));
		expect((await post(office, token, "k1")).status).toBe(409);
		expect((await post(office, token, "k1", JSON.stringify({ email: "b@example.com", name: "B" }))).status).toBe(201);
	});

	test("is forgotten after a day, and must be of a form that a header holds", async () => {
		const office = await Office.open();
		const token = await office.staff();
		await post(office, token, "k1");
		office.clock.advance(24 * 60 * 60 * 1000 + 1000);
		const next = await post(office, await office.server("customers:write"), "k1");
		expect(((await next.json()) as { code: string }).code).toBe("customer_exists");
		expect((await post(office, await office.server("customers:write"), "with blank")).status).toBe(400);
	});

	test("neither it nor the answer can be read in the storage", async () => {
		const office = await Office.open();
		await post(office, await office.staff(), "a-key-of-theirs");
		const stored = office.storage.written
			.filter(({ collection }) => collection === idempotencyKeys.name)
			.map(({ text }) => text)
			.join();
		expect(stored).toContain("answer");
		for (const told of ["a-key-of-theirs", "ada@example.com", "Ada"]) expect(stored).not.toContain(told);
	});

	test("work that a process died over, or whose end is unknown, is done again with the same id", async () => {
		const office = await Office.open();
		const idempotency = office.idempotency();
		const request = { app: APP, sender: "s", key: "k", content: "c" };
		const ids: string[] = [];
		const answer = { status: 201, headers: {}, body: "done" };
		const unknown = idempotency.run(request, async (id) => {
			ids.push(id);
			throw new RouterError("storage_unavailable");
		});
		await expect(unknown).rejects.toMatchObject({ code: "storage_unavailable" });
		void idempotency.run(request, (id) => {
			ids.push(id);
			return new Promise(() => {});
		});
		const waiting = idempotency.run(request, async (id) => {
			ids.push(id);
			return answer;
		});
		await new Promise((resolve) => setTimeout(resolve, 200));
		expect(ids).toHaveLength(2);
		office.clock.advance(60_000);
		expect(await waiting).toEqual(answer);
		expect(ids).toEqual(Array(3).fill(ids[0]));
	});
});
