import { get, type IncomingMessage } from "node:http";
import { describe, expect, test } from "@jest/globals";
import type { ExportLine } from "../../../src/crm/care/Exports.js";
import { eventually } from "../../support/eventually.js";
import { APP, Office } from "./given.js";

const EMAIL = "ada@example.com";

async function withCustomer(): Promise<{ office: Office; token: string; id: string; conversationId: string }> {
	const office = await Office.open();
	const { conversation, customer } = await office.crm.conversations.open(APP, { customer: { email: EMAIL } });
	const token = await office.staff("admin");
	return { office, token, id: customer.id, conversationId: conversation.id };
}

const begun = (lines: AsyncGenerator<ExportLine>) => async (): Promise<ExportLine> => {
	const { done, value } = await lines.next();
	if (done) throw new Error("It ended.");
	return value;
};

describe("GET /customers/:id/export", () => {
	test("is a file of lines, whose last says that it's whole", async () => {
		const { office, token, id, conversationId } = await withCustomer();
		const answer = await office.ask("GET", `/api/customers/${id}/export`, { token });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
		expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="customer-${id}.ndjson"`);
		const lines = (await answer.text()).trimEnd().split("\n");
		expect(lines.map((line) => JSON.parse(line))).toEqual([
			expect.objectContaining({ type: "customer", data: expect.objectContaining({ id, email: EMAIL }) }),
			expect.objectContaining({ type: "conversation", data: expect.objectContaining({ id: conversationId }) }),
			{ type: "end", data: { conversations: 1, messages: 0, files: 0 } },
		]);
	});

	test("of nobody is a problem, not a file; HEAD has no lines", async () => {
		const { office, token, id } = await withCustomer();
		const answer = await office.ask("GET", "/api/customers/nobody/export", { token });
		expect([answer.status, await answer.json()]).toEqual([404, expect.objectContaining({ code: "customer_unknown" })]);
		const head = await office.ask("HEAD", `/api/customers/${id}/export`, { token });
		expect([head.status, await head.text()]).toEqual([200, ""]);
	});

	test("that fails after its first line is cut short, and the log has it under the request's id", async () => {
		const { office, token, id } = await withCustomer();
		const { customer } = office.crm.exports;
		office.crm.exports.customer = async function* (app, of) {
			yield await begun(customer.call(office.crm.exports, app, of))();
			throw new Error("the disk of the house");
		};
		const answer = await office.ask("GET", `/api/customers/${id}/export`, { token, "x-request-id": "mine" });
		expect(answer.status).toBe(200);
		await expect(answer.text()).rejects.toThrow();
		expect(office.notes.errors).toEqual([
			expect.objectContaining({
				event: "answer cut short",
				fields: { route: "get /customers/:id/export", requestId: "mine" },
			}),
		]);
	});

	test("makes no more lines than are read, and ends when nobody reads on", async () => {
		const { office, token, id } = await withCustomer();
		const { customer } = office.crm.exports;
		let made = 0;
		let hasEnded = false;
		office.crm.exports.customer = async function* (app, of) {
			const line = await begun(customer.call(office.crm.exports, app, of))();
			try {
				for (;;) {
					made++;
					yield Object.assign({ filler: "x".repeat(10_000) }, line);
				}
			} finally {
				hasEnded = true;
			}
		};
		const headers = { Authorization: `Bearer ${token}` };
		const answer = await new Promise<IncomingMessage>((resolve) => {
			get(`${office.url}/api/customers/${id}/export`, { headers }, (response) => resolve(response.pause()));
		});
		// What the sockets hold, and no line more.
		let before = -1;
		await eventually(async () => {
			const now = made;
			const isStill = now === before;
			before = now;
			await new Promise((resolve) => setTimeout(resolve, 50));
			expect([isStill, made]).toEqual([true, now]);
		});
		expect(made).toBeGreaterThan(0);
		expect(hasEnded).toBe(false);
		answer.destroy();
		await eventually(async () => expect(hasEnded).toBe(true));
	});
});

describe("POST /customers/:id/erase", () => {
	test("erases, and a second time there's nobody", async () => {
		const { office, token, id, conversationId } = await withCustomer();
		const answer = await office.ask("POST", `/api/customers/${id}/erase`, { token });
		expect([answer.status, await answer.json()]).toEqual([202, { data: { state: "done" } }]);
		expect((await office.ask("GET", `/api/conversations/${conversationId}`, { token })).status).toBe(404);
		const again = await office.ask("POST", `/api/customers/${id}/erase`, { token });
		expect([again.status, await again.json()]).toEqual([404, expect.objectContaining({ code: "customer_unknown" })]);
	});
});
