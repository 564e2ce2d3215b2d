import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { ChatWire } from "./ChatWire.js";
import { customer, type Product } from "./customerSuite.js";
import { eventually } from "./given.js";
import { Rest } from "./Rest.js";

/** What the REST API promises for every route, wherever it's served; `timeoutMs` for each test. */
export function restSuite(product: () => Promise<Product>, timeoutMs = 90_000): void {
	test(
		"a customer is made once, changed by who knows the latest, listed a page at a time, and no business of strangers",
		async () => {
			const { url, wsUrl, admin } = await product();
			const company = `Company ${randomUUID()}`;
			const given = { email: `${randomUUID()}@example.com`, name: "Ida", company };
			const key = { "Idempotency-Key": randomUUID() };
			const made = await admin.answer("POST", "/customers", given, key);
			expect(made).toMatchObject({ status: 201, data: { ...given, rev: 1 }, headers: { etag: '"1"' } });
			const again = await admin.answer("POST", "/customers", given, key);
			expect(again).toMatchObject({ status: 201, data: made.data, headers: { "idempotency-replayed": "true" } });
			const other = { ...given, name: "Otto" };
			expect(await admin.answer("POST", "/customers", other, key)).toMatchObject({
				status: 422,
				code: "idempotency_conflict",
			});
			expect(await admin.answer("POST", "/customers", other)).toMatchObject({ status: 409 });

			const path = `/customers/${(made.data as { id: string }).id}`;
			const change = (name: string, tag: string) => admin.answer("PUT", path, { name }, { "If-Match": tag });
			expect(await change("Ida Rhodes", '"1"')).toMatchObject({ status: 200, headers: { etag: '"2"' } });
			expect(await change("Somebody", '"1"')).toMatchObject({ status: 412, code: "record_changed" });
			expect(await admin.ask("GET", path)).toMatchObject({ name: "Ida Rhodes", rev: 2 });

			await admin.ask("POST", "/customers", { email: `${randomUUID()}@example.com`, name: "Jo", company });
			const names: unknown[] = [];
			let pages = 0;
			for (let cursor = ""; ; ) {
				const list = `/customers?company=${encodeURIComponent(company)}&limit=1${cursor}`;
				const page = await admin.answer("GET", list);
				pages++;
				names.push(...(page.data as { name: string }[]).map(({ name }) => name));
				if (page.nextCursor === undefined) break;
				expect(page.data).toHaveLength(1);
				cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
			}
			expect(names.sort()).toEqual(["Ida Rhodes", "Jo"]);
			expect(pages).toBeGreaterThan(1);

			const stranger = new Rest(url, (await (await ChatWire.connect(wsUrl, customer())).greeting()).token);
			expect(await stranger.answer("GET", path)).toMatchObject({ status: 404, code: "customer_unknown" });
			const grace = await admin.agent(`Agent-${randomUUID().slice(0, 8)}`);
			expect(await grace.rest.answer("GET", "/api-keys")).toMatchObject({ status: 403, code: "forbidden" });
			expect(await new Rest(url).answer("GET", path)).toMatchObject({ status: 401 });
			await grace.rest.ask("PUT", `/agents/${grace.id}/status`, { status: "offline" });
		},
		timeoutMs,
	);

	test(
		"what is wrong is named, field by field, and never repeated; other methods and paths are told apart",
		async () => {
			const { url, admin } = await product();
			const wrong = { email: "hunter2 at nowhere", name: "", favouriteColour: "hunter2" };
			const answer = await admin.answer("POST", "/customers", wrong);
			expect(answer).toMatchObject({
				status: 400,
				code: "invalid_input",
				headers: { "content-type": expect.stringContaining("application/problem+json") },
			});
			expect(answer.errors?.map(({ field }) => field).sort()).toEqual(["email", "favouriteColour", "name"]);
			expect(JSON.stringify(answer)).not.toContain("hunter2");
			expect(await admin.answer("POST", "/customers", undefined)).toMatchObject({ status: 400, code: "invalid_input" });
			expect(await admin.answer("GET", "/customers?limit=1000")).toMatchObject({ status: 400, code: "invalid_input" });
			expect(await admin.answer("GET", "/customers?cursor=made-up")).toMatchObject({
				status: 400,
				code: "invalid_query",
			});
			expect(await admin.answer("PATCH", "/customers", {})).toMatchObject({
				status: 405,
				headers: { allow: expect.stringContaining("POST") },
			});
			expect(await admin.answer("GET", "/nothing")).toMatchObject({ status: 404 });
			const large = { email: "a@example.com", name: "A", notes: "x".repeat(300_000) };
			expect(await admin.answer("POST", "/customers", large)).toMatchObject({ status: 413 });
			const head = await fetch(`${url}/api/openapi.json`, { method: "HEAD" });
			expect([head.status, head.headers.get("content-type")]).toEqual([
				200,
				expect.stringMatching(/^application\/json/),
			]);
		},
		timeoutMs,
	);

	test(
		"a server of one's own opens a conversation by its key and writes in it once; the customer reads it, an admin finds it",
		async () => {
			const { url, wsUrl, admin } = await product();
			const { id, key } = await admin.ask("POST", "/api-keys", {
				name: "Shop",
				scopes: ["conversations:read", "conversations:write", "messages:read", "messages:write"],
			});
			const shop = new Rest(url, String(key));
			const email = `${randomUUID()}@example.com`;
			const opened = await shop.ask("POST", "/conversations", { customer: { email, name: "Kim" }, subject: "Order 7" });
			const conversationId = String(opened.id);
			const word = `kettle${randomUUID().slice(0, 8)}`;
			const message = { conversationId, content: `Your ${word} is on its way`, messageId: randomUUID() };
			const sent = await shop.answer("POST", "/messages", message);
			expect(sent).toMatchObject({ status: 201, data: { content: message.content, senderType: "agent" } });
			expect(await shop.answer("POST", "/messages", message)).toMatchObject({
				data: { id: (sent.data as { id: string }).id },
			});

			const kim = await ChatWire.connect(wsUrl, { ...customer({ email }), conversationId });
			expect(await kim.greeting()).toMatchObject({ conversationId });
			await kim.hears(message.content);
			kim.say(conversationId, "Thank you");
			await eventually(
				async () => {
					const list = await shop.list(`/messages?conversationId=${conversationId}&senderType=customer`);
					return list.some(({ content }) => content === "Thank you");
				},
				undefined,
				100,
			);
			await eventually(
				async () => {
					const hits = await admin.list(`/messages/search?q=${word}`);
					return JSON.stringify(hits).includes(conversationId);
				},
				undefined,
				200,
			);

			await admin.answer("DELETE", `/api-keys/${id}`);
			expect(await shop.answer("GET", `/conversations/${conversationId}`)).toMatchObject({ status: 401 });
			const audit = await admin.list(`/audit?subject=${conversationId}`);
			expect(audit).toEqual(
				expect.arrayContaining([
					expect.objectContaining({ action: "conversations.create", actor: { role: "server", id } }),
				]),
			);
		},
		timeoutMs,
	);
}
