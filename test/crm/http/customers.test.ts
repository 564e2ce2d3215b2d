import { expect, test } from "@jest/globals";
import { APP, Office } from "./given.js";

const ADA = { email: "ada@example.com", name: "Ada", company: "Engines", tags: ["vip"], notes: "likes tea" };

test("are made, read, changed, listed and found", async () => {
	const office = await Office.open();
	const { customers } = office.client(await office.staff()).api;

	const made = await customers.$post({ json: ADA });
	expect(made.status).toBe(201);
	const { data } = await made.json();
	expect(data).toMatchObject({ ...ADA, status: "active", rev: 1 });
	expect(made.headers.get("etag")).toBe('"1"');
	expect(made.headers.get("location")).toBe(`/api/customers/${data.id}`);

	const param = { id: data.id };
	const changed = await customers[":id"].$put({ param, json: { phone: "+44 20", company: null } });
	expect((await changed.json()).data).toMatchObject({ rev: 2, phone: "+44 20", name: "Ada" });
	const read = await customers[":id"].$get({ param });
	expect(await read.json()).toEqual({ data: await office.crm.customers.get(APP, data.id) });
	expect(read.headers.get("etag")).toBe('"2"');

	for (const query of [{}, { tag: "VIP" }, { status: "active" }] as const) {
		const listed = await customers.$get({ query });
		expect((await listed.json()).data.map(({ id }) => id)).toEqual([data.id]);
	}
	expect(await (await customers.$get({ query: { status: "blocked" } })).json()).toEqual({ data: [] });
	const found = await customers.search.$get({ query: { email: "ADA@example.com" } });
	expect((await found.json()).data.map(({ id }) => id)).toEqual([data.id]);
});

test("see themselves, without what staff notes of them, and nobody else", async () => {
	const office = await Office.open();
	const ada = await office.crm.customers.create(APP, ADA);
	const bob = await office.crm.customers.create(APP, { email: "bob@example.com", name: "Bob" });
	const { customers } = office.client(await office.crm.customerTokens.issue(APP, ada.id, "c1")).api;
	const own = await customers[":id"].$get({ param: { id: ada.id } });
	const { data } = await own.json();
	expect(data).toMatchObject({ id: ada.id, email: ADA.email });
	expect(data).not.toHaveProperty("notes");
	expect(data).not.toHaveProperty("tags");

	const problems = await Promise.all(
		[bob.id, "nobody"].map(async (id) => (await customers[":id"].$get({ param: { id } })).json() as unknown),
	);
	const [foreign, missing] = problems as [object, object];
	expect(foreign).toMatchObject({ code: "customer_unknown", status: 404 });
	expect({ ...foreign, requestId: "" }).toEqual({ ...missing, requestId: "" });
});

test("wrong input is named field by field, and nothing is stored", async () => {
	const office = await Office.open();
	const token = await office.staff();
	const body = JSON.stringify({ email: "no address", nickname: "x", tags: [""] });
	const answer = await office.ask("POST", "/api/customers", { token, body });
	expect(answer.status).toBe(400);
	expect(answer.headers.get("content-type")).toBe("application/problem+json");
	const problem = (await answer.json()) as { errors: { field: string; in: string }[] };
	expect(problem).toMatchObject({ code: "invalid_input", status: 400, retryable: false });
	expect(problem.errors.map((each) => `${each.in} ${each.field}`).sort()).toEqual([
		"body email",
		"body name",
		"body nickname",
		"body tags.0",
	]);
	expect(await (await office.client(token).api.customers.$get({})).json()).toEqual({ data: [] });
});

test("are joined, and who was the other one is found as who they are now", async () => {
	const office = await Office.open();
	const { token } = await office.agent({ role: "admin" });
	const { api } = office.client(token);
	const known = await office.crm.customers.create(APP, ADA);
	const { conversation } = await office.crm.conversations.open(APP, { customer: { email: "bob@example.com" } });
	const { customerId: from } = conversation;
	const theirs = await office.crm.customerTokens.issue(APP, from, conversation.id);

	const asked = { param: { id: known.id }, json: { from } };
	for (let times = 0; times < 2; times++) {
		const joined = await api.customers[":id"].merge.$post(asked);
		expect([joined.status, await joined.json()]).toEqual([202, { data: { state: "done" } }]);
	}
	const gone = await api.customers[":id"].$get({ param: { id: from } });
	expect(gone.status).toBe(404);
	const read = await office.client(theirs).api.conversations[":id"].$get({ param: { id: conversation.id } });
	expect((await read.json()).data).toMatchObject({ customerId: known.id, customer: { name: "Ada" } });
	const wrong = await api.customers[":id"].merge.$post({ ...asked, json: { from: known.id } });
	expect([wrong.status, await wrong.json()]).toEqual([400, expect.objectContaining({ code: "invalid_input" })]);

	for (const subject of [known.id, from]) {
		const { items } = await office.crm.audit.list(APP, { subject });
		expect(items.map(({ action, outcome }) => `${action} ${outcome}`)).toContain("customers.merge begun");
	}
});
