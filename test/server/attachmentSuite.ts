import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { PNG } from "../crm/files.js";
import { ChatWire } from "./ChatWire.js";
import { customer, desk, type Product } from "./customerSuite.js";
import { Rest } from "./Rest.js";

/** What becomes of a file, wherever it's served; `timeoutMs` for each test. */
export function attachmentSuite(product: () => Promise<Product>, timeoutMs = 90_000): void {
	test(
		"a file that a customer uploads and sends is looked at, and then the agent's to open; nobody gets it before",
		async () => {
			const { url, wsUrl, admin } = await product();
			const ada = await ChatWire.connect(wsUrl, customer({ email: `${randomUUID()}@example.com`, name: "Ada" }));
			const { conversationId, token } = await ada.greeting();
			const grace = await admin.agent(`Grace-${randomUUID().slice(0, 8)}`);
			const atDesk = await ChatWire.connect(wsUrl, desk(grace.token));
			ada.say(conversationId, "Here it comes");
			await admin.becomes(`/conversations/${conversationId}`, { assignedAgentId: expect.any(String) });
			await admin.ask("PUT", `/conversations/${conversationId}/assign`, { agentId: grace.id });
			atDesk.send("join", { conversationId });
			await atDesk.hears("Here it comes");

			const theirs = new Rest(url, token);
			const asked = { fileName: "receipt.png", contentType: "image/png", fileSize: PNG.length };
			const refusals = {
				file_type_forbidden: { contentType: "text/html" },
				file_too_large: { fileSize: 1_000_000_000 },
				invalid_input: { fileName: "" },
			};
			for (const [code, wrong] of Object.entries(refusals)) {
				const refused = await theirs.answer("POST", "/attachments/upload-url", { ...asked, ...wrong });
				expect(refused).toMatchObject({ code });
			}
			const ticket = await theirs.ask("POST", "/attachments/upload-url", asked);
			const [uploadUrl, attachmentUrl] = [String(ticket.uploadUrl), String(ticket.attachmentUrl)];
			const put = (body: Uint8Array, type = "image/png") =>
				fetch(uploadUrl, { method: "PUT", headers: { "Content-Type": type }, body }).then(({ status }) => status);
			expect(await put(Buffer.concat([PNG, PNG]))).toBe(403);
			expect(await put(PNG, "text/html")).toBe(403);
			expect(await put(PNG)).toBe(200);
			expect((await fetch(attachmentUrl)).status).not.toBe(200);

			const bring = (address: string) =>
				ada.send("sendMessage", {
					conversationId,
					content: "My receipt",
					messageType: "image",
					attachmentUrl: address,
				});
			bring(`${attachmentUrl}x`);
			await ada.until(({ type, data }) => type === "error" && data?.code === "attachment_unknown");
			bring(attachmentUrl);
			const file = { name: "receipt.png", contentType: "image/png", size: PNG.length };
			await atDesk.until(({ type, data }) => type === "message" && data?.attachments !== undefined);
			const said = atDesk.frames.flatMap(({ data }) => (data?.attachments !== undefined ? [data] : []));
			expect(said).toEqual([
				expect.objectContaining({ content: "My receipt", attachments: [expect.objectContaining(file)] }),
			]);
			const [{ url: address } = { url: "" }] = said.flatMap(({ attachments }) => attachments as { url: string }[]);

			expect(address).toBe(attachmentUrl);
			const served = await fetch(address);
			expect(served.status).toBe(200);
			expect(Buffer.from(await served.arrayBuffer())).toEqual(PNG);
			expect(Object.fromEntries(served.headers)).toMatchObject({
				"content-type": "image/png",
				"content-disposition": expect.stringMatching(/^inline; filename="receipt.png"/),
			});
			const listed = await grace.rest.list(`/messages?conversationId=${conversationId}&senderType=customer`);
			expect(listed).toEqual(
				expect.arrayContaining([expect.objectContaining({ attachments: [expect.objectContaining(file)] })]),
			);
			await grace.rest.ask("PUT", `/agents/${grace.id}/status`, { status: "offline" });
		},
		timeoutMs,
	);
}
