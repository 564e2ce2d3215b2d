import { describe, expect, test } from "@jest/globals";
import type { AuditEntry } from "../../../src/crm/audit/records.js";
import { auditEntries } from "../../../src/crm/audit/records.js";
import { RouterError } from "../../../src/protocol/errors.js";
import { APP, Office, OTHER_APP, PASSWORD } from "./given.js";

const DAY = 24 * 3_600_000;
/** Stands in everything that people write and are called. */
const MARK = "xq7only";

interface Page {
	readonly data: readonly AuditEntry[];
	readonly nextCursor?: string;
}

class Trail {
	private constructor(
		readonly office: Office,
		readonly admin: { readonly id: string; readonly token: string },
	) {}

	static async open(): Promise<Trail> {
		const office = await Office.open();
		return new Trail(office, await office.agent({ role: "admin" }));
	}

	async ask<T = { id: string }>(method: string, path: string, body?: object, token = this.admin.token): Promise<T> {
		// What happens within a millisecond has no order.
		this.office.clock.now++;
		const headers = { token, "x-request-id": "mine", ...(body && { body: JSON.stringify(body) }) };
		const answer = await this.office.ask(method, `/api${path}`, headers);
		const text = await answer.text();
		const isJson = answer.headers.get("content-type")?.startsWith("application/json");
		return (isJson ? JSON.parse(text).data : undefined) as T;
	}

	async page(query = ""): Promise<Page> {
		const answer = await this.office.ask("GET", `/api/audit${query}`, { token: this.admin.token });
		return (await answer.json()) as Page;
	}

	/** Each as its action, with what and how it ended; the oldest first. */
	async told(query = ""): Promise<readonly string[]> {
		const { data } = await this.page(query);
		return data.map(({ action, subject, outcome }) => `${action} ${subject.kind} ${subject.id} ${outcome}`).reverse();
	}

	get stored(): string {
		return this.office.storage.written
			.filter(({ collection }) => collection === auditEntries.name)
			.map(({ text }) => text)
			.join("\n");
	}

	/** From now on nothing more can be noted. */
	breakDown(): void {
		this.office.crm.audit.append = async () => {
			throw new RouterError("storage_unavailable");
		};
	}
}

describe("what staff and servers change", () => {
	test("is noted with who did it, when, with what and from where", async () => {
		const trail = await Trail.open();
		const { office, admin } = trail;
		const { id } = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		const { data } = await trail.page();
		expect(data).toEqual([
			{
				at: new Date(office.clock.now).toISOString(),
				actor: { role: "admin", id: admin.id },
				action: "customers.create",
				subject: { kind: "customer", id },
				outcome: "done",
				requestId: "mine",
				network: "127.0.0.0/24",
			},
		]);
	});

	test("from the first to the last: made, changed, assigned, closed, exported, erased, a role, an end, a key", async () => {
		const trail = await Trail.open();
		const { id: customerId } = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		await trail.ask("PUT", `/customers/${customerId}`, { phone: "+44 20" });
		const { id } = await trail.ask("POST", "/conversations", { customerId });
		const agent = await trail.office.agent();
		await trail.ask("PUT", `/agents/${agent.id}/status`, { status: "online" });
		await trail.ask("PUT", `/conversations/${id}/assign`, { agentId: agent.id });
		await trail.ask("PUT", `/conversations/${id}/close`);
		await trail.ask("PUT", `/agents/${agent.id}/role`, { role: "admin" });
		await trail.ask("POST", `/agents/${agent.id}/revoke`);
		const key = await trail.ask("POST", "/api-keys", { name: "till", scopes: ["customers:write"] });
		await trail.ask("DELETE", `/api-keys/${key.id}`);
		await trail.ask("GET", `/customers/${customerId}/export`);
		await trail.ask("POST", `/customers/${customerId}/erase`);
		expect(await trail.told()).toEqual([
			`customers.create customer ${customerId} done`,
			`customers.update customer ${customerId} done`,
			`conversations.create conversation ${id} done`,
			`agents.status agent ${agent.id} done`,
			`conversations.assign conversation ${id} done`,
			`conversations.close conversation ${id} done`,
			`agents.role agent ${agent.id} done`,
			`agents.revoke agent ${agent.id} done`,
			`apiKeys.create apiKey ${key.id} done`,
			`apiKeys.revoke apiKey ${key.id} done`,
			`customers.export customer ${customerId} begun`,
			`customers.erase customer ${customerId} begun`,
		]);
	});

	test("is noted of a server by its key's id", async () => {
		const trail = await Trail.open();
		const { id, key } = await trail.office.crm.apiKeys.create(APP, { name: "till", scopes: ["customers:write"] });
		await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" }, key);
		expect((await trail.page()).data[0]?.actor).toEqual({ role: "server", id });
	});

	test("what only reads, what is refused, and what customers say and do isn't", async () => {
		const trail = await Trail.open();
		const { crm } = trail.office;
		const { conversation, customer } = await crm.conversations.open(APP, { customer: { email: "a@example.com" } });
		const token = await crm.customerTokens.issue(APP, customer.id, conversation.id);
		await trail.ask("POST", "/messages", { conversationId: conversation.id, content: "Hi" }, token);
		await trail.ask("PUT", `/conversations/${conversation.id}/close`, undefined, token);
		await trail.ask("GET", `/customers/${customer.id}`);
		await trail.ask("PUT", "/customers/nobody", { phone: "1" });
		await trail.ask("POST", `/customers/${customer.id}/erase`, undefined, await trail.office.staff());
		expect(await trail.told()).toEqual([]);
	});

	test("holds nothing of what people wrote, are called, or may be reached by", async () => {
		const trail = await Trail.open();
		const email = `${MARK}@example.com`;
		const { id: customerId } = await trail.ask("POST", "/customers", { email, name: MARK, notes: MARK });
		const { id } = await trail.ask("POST", "/conversations", { customerId, subject: MARK });
		await trail.ask("POST", "/messages", { conversationId: id, content: MARK });
		await trail.ask("POST", "/agents", { email: `agent.${email}`, name: MARK, password: `${MARK} ${PASSWORD}` });
		await trail.ask("POST", "/auth/login", { email: `agent.${email}`, password: `${MARK} wrong` });
		await trail.ask("POST", "/auth/login", { email: `nobody.${email}`, password: `${MARK} wrong` });
		await trail.ask("DELETE", `/api-keys/${encodeURIComponent(email)}`);
		expect(await trail.told()).toHaveLength(7);
		expect(trail.stored).not.toContain(MARK);
		expect(trail.stored).not.toContain("example.com");
	});
});

describe("sign-ins", () => {
	test("are noted, and wrong passwords too: of an account that's there, and of none", async () => {
		const trail = await Trail.open();
		const { id } = await trail.office.agent({ email: "ada@example.com" });
		await trail.ask("POST", "/auth/login", { email: "ada@example.com", password: PASSWORD });
		await trail.ask("POST", "/auth/login", { email: "ada@example.com", password: "wrong" });
		await trail.ask("POST", "/auth/login", { email: "nobody@example.com", password: "wrong" });
		const { data } = await trail.page();
		expect(data.map(({ actor, subject, outcome }) => ({ actor, subject, outcome })).reverse()).toEqual([
			{ actor: { role: "agent", id }, subject: { kind: "agent", id }, outcome: "done" },
			{ actor: { role: "unknown" }, subject: { kind: "agent", id }, outcome: "refused" },
			{ actor: { role: "unknown" }, subject: { kind: "agent" }, outcome: "refused" },
		]);
	});

	test("are followed: who stays in, and who goes", async () => {
		const trail = await Trail.open();
		const { id } = await trail.office.agent({ email: "ada@example.com" });
		const login = { email: "ada@example.com", password: PASSWORD };
		const first = await trail.ask<{ refreshToken: string }>("POST", "/auth/login", login);
		const next = await trail.ask<{ refreshToken: string }>("POST", "/auth/refresh", {
			refreshToken: first.refreshToken,
		});
		await trail.ask("POST", "/auth/logout", { refreshToken: next.refreshToken });
		const { data } = await trail.page();
		expect(data.map(({ action, actor, outcome }) => ({ action, actor, outcome })).reverse()).toEqual(
			["auth.login", "auth.refresh", "auth.logout"].map((action) => {
				return { action, actor: { role: "agent", id }, outcome: "done" };
			}),
		);
		expect(trail.stored).not.toContain(next.refreshToken);
	});
});

describe("GET /audit", () => {
	test("finds by who did it, by what it was done with, and by both", async () => {
		const trail = await Trail.open();
		const other = await trail.office.agent({ role: "admin" });
		const { id } = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		trail.office.clock.now += 1000;
		await trail.ask("PUT", `/customers/${id}`, { phone: "1" }, other.token);
		trail.office.clock.now += 1000;
		const made = await trail.ask("POST", "/customers", { email: "b@example.com", name: "B" }, other.token);
		expect(await trail.told(`?subject=${id}`)).toEqual([
			`customers.create customer ${id} done`,
			`customers.update customer ${id} done`,
		]);
		expect(await trail.told(`?actor=${other.id}`)).toEqual([
			`customers.update customer ${id} done`,
			`customers.create customer ${made.id} done`,
		]);
		expect(await trail.told(`?actor=${other.id}&subject=${id}`)).toEqual([`customers.update customer ${id} done`]);
	});

	test("goes back over days by its cursor, each entry once, and ends where entries do", async () => {
		const trail = await Trail.open();
		const wanted: string[] = [];
		for (const days of [0, 0, 0, 1, 60]) {
			trail.office.clock.now += days * DAY + 1;
			const { id } = await trail.office.crm.customers.create(APP, {
				email: `c${wanted.length}@example.com`,
				name: "C",
			});
			const entry = { action: "customers.create", outcome: "done", requestId: "r", actor: { role: "admin" } } as const;
			await trail.office.crm.audit.append(APP, { ...entry, subject: { kind: "customer", id } });
			wanted.unshift(id);
		}
		const found: (string | undefined)[] = [];
		let pages = 0;
		for (let cursor: string | undefined = ""; cursor !== undefined; pages++) {
			const page = await trail.office.crm.audit.list(APP, { limit: 2, ...(cursor !== "" && { cursor }) });
			found.push(...page.items.map(({ subject }) => subject.id));
			cursor = page.nextCursor;
			expect(pages).toBeLessThan(50);
		}
		expect(found).toEqual(wanted);
		const wrong = Buffer.from("9999-99-99T00:00:00.000Z/x").toString("base64url");
		for (const cursor of ["x", wrong]) {
			const answer = await trail.office.ask("GET", `/api/audit?cursor=${cursor}`, { token: trail.admin.token });
			expect(await answer.json()).toMatchObject({ code: "invalid_query" });
		}
	});

	test("forgets after 400 days; another app has its own", async () => {
		const trail = await Trail.open();
		const { id } = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		const { crm, clock } = trail.office;
		expect((await crm.audit.list(OTHER_APP)).items).toEqual([]);
		clock.now += 399 * DAY;
		expect((await crm.audit.list(APP, { subject: id })).items).toHaveLength(1);
		clock.now += 2 * DAY;
		expect((await crm.audit.list(APP, { subject: id })).items).toEqual([]);
	});
});

describe("what can't be noted", () => {
	test("isn't done where it can't be undone or takes data out", async () => {
		const trail = await Trail.open();
		const { id } = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		trail.breakDown();
		for (const [method, path] of [
			["GET", "export"],
			["POST", "erase"],
		] as const) {
			const answer = await trail.office.ask(method, `/api/customers/${id}/${path}`, { token: trail.admin.token });
			expect([answer.status, await answer.json()]).toEqual([
				503,
				expect.objectContaining({ code: "storage_unavailable" }),
			]);
		}
		expect(await trail.office.crm.customers.get(APP, id)).toMatchObject({ id, status: "active" });
	});

	test("is done otherwise, and the monitor is told", async () => {
		const trail = await Trail.open();
		trail.breakDown();
		const made = await trail.ask("POST", "/customers", { email: "a@example.com", name: "A" });
		expect(await trail.office.crm.customers.get(APP, made.id)).toMatchObject({ email: "a@example.com" });
		const fields = { app: APP, action: "customers.create", outcome: "done", requestId: "mine" };
		expect(trail.office.notes.errors).toEqual([expect.objectContaining({ event: "audit entry not written", fields })]);
	});
});
