import { describe, expect, test } from "@jest/globals";
import { LIMITS } from "../../../src/protocol/limits.js";
import { ChatClient } from "../../connectors/chatOffice.js";
import { openFolderBlobs, openS3Blobs } from "../../support/blobStores.js";
import { GIF, PDF, PNG } from "../files.js";
import { APP, Office } from "./given.js";

const ADA = { email: "ada@example.com", name: "Ada" };
const HTML = Buffer.from("<!DOCTYPE html><script>alert(1)</script>");

interface Ticket {
	readonly uploadUrl: string;
	readonly attachmentUrl: string;
	readonly key: string;
	readonly expiresIn: number;
}

function put({ uploadUrl }: Ticket, bytes: Uint8Array, type = "image/png"): Promise<Response> {
	return fetch(uploadUrl, { method: "PUT", headers: { "Content-Type": type }, body: bytes });
}

/** The code of the problem that is answered. */
async function codeOf(answer: Promise<{ status: number; json(): Promise<unknown> }>): Promise<string> {
	const { code, status } = (await (await answer).json()) as { code: string; status: number };
	return `${status} ${code}`;
}

describe.each([
	["a folder", () => openFolderBlobs()],
	["S3", () => openS3Blobs()],
])("files in %s", (_, openBlobs) => {
	async function begin() {
		const office = await Office.open({}, openBlobs);
		const agent = await office.agent({ name: "Grace" });
		const { conversation } = await office.crm.conversations.open(APP, { customer: ADA });
		const { id: conversationId, customerId } = conversation;
		const token = await office.crm.customerTokens.issue(APP, customerId, conversationId);
		const at = { office: office.crm.office, transport: office.transport };
		const ada = new ChatClient(at, { user: JSON.stringify(ADA), conversationId, token });
		await ada.connect();
		const grace = new ChatClient(at, { user: '{"type":"agent"}', token: agent.token });
		await grace.connect();
		await grace.act("join", { conversationId });
		return {
			office,
			agent,
			conversationId,
			customer: office.client(token).api,
			staff: office.client(agent.token).api,
			ada,
			grace,
		};
	}

	type Begun = Awaited<ReturnType<typeof begin>>;

	/** A file of the customer's that's in quarantine. */
	async function uploaded(
		{ customer }: Begun,
		bytes: Uint8Array = PNG,
		fileName = "dot.png",
		contentType = "image/png",
	) {
		const asked = await customer.attachments["upload-url"].$post({
			json: { fileName, contentType, fileSize: bytes.length },
		});
		const { data } = await asked.json();
		expect((await put(data, bytes, contentType)).status).toBe(200);
		return data;
	}

	test("go from the customer's upload over the socket to the agent, who reads them safely", async () => {
		const begun = await begin();
		const { customer, staff, conversationId, ada, grace } = begun;
		const ticket = await uploaded(begun, PNG, "Ein Bild.png");
		expect(ticket).toMatchObject({ expiresIn: 300, key: expect.stringMatching(/^shop\/[\w-]{22}$/) });
		expect((await fetch(ticket.attachmentUrl)).status).not.toBe(200);
		await ada.say("See", {
			messageType: "image",
			attachments: [{ url: ticket.attachmentUrl, name: "evil.svg", size: 1 }],
			messageId: "m1",
		});
		const shown = { url: ticket.attachmentUrl, name: "Ein Bild.png", contentType: "image/png", size: PNG.length };
		expect(ada.of("ack")).toEqual([expect.objectContaining({ messageId: "m1" })]);
		expect(grace.of("message")).toEqual([
			expect.objectContaining({ content: "See", messageType: "image", attachments: [shown] }),
		]);
		const read = await fetch(ticket.attachmentUrl);
		expect(read.status).toBe(200);
		expect(Buffer.from(await read.arrayBuffer())).toEqual(PNG);
		expect(read.headers.get("content-type")).toBe("image/png");

		const id = ticket.key.split("/")[1] ?? "";
		const { data } = await (await staff.attachments[":id"].$get({ param: { id } })).json();
		expect(data).toMatchObject({ key: ticket.key, name: "Ein Bild.png", size: PNG.length });
		expect((await fetch(data.url)).status).toBe(200);
		expect((await customer.attachments[":id"].$get({ param: { id } })).status).toBe(200);
		const { data: message } = await (
			await customer.messages[":id"].$get({ param: { id: `${conversationId}.1` } })
		).json();
		expect(message.attachments).toEqual([shown]);
		await begun.office.becomes(conversationId, { messageCount: 1 });
		const stats = await staff.messages[":conversationId"].stats.$get({ param: { conversationId } });
		expect((await stats.json()).data.attachments).toBe(1);
	});

	test("are sent over REST, as `attachmentUrl`, or as the content of a message that's a file", async () => {
		const begun = await begin();
		const { customer, staff, conversationId, ada, grace } = begun;
		const one = await uploaded(begun, PDF, "terms.pdf", "application/pdf");
		const { attachmentUrl } = one;
		const sent = await customer.messages.$post({ json: { conversationId, messageType: "file", attachmentUrl } });
		expect((await sent.json()).data).toMatchObject({ attachments: [{ name: "terms.pdf", url: attachmentUrl }] });
		const disposition = (await fetch(attachmentUrl)).headers.get("content-disposition");
		expect(disposition).toMatch(/^attachment; filename="terms.pdf"/);
		const two = await uploaded(begun, GIF, "dot.gif", "image/gif");
		await ada.say(two.attachmentUrl, { messageType: "image" });
		expect(grace.of("message").at(-1)).toMatchObject({
			content: two.attachmentUrl,
			attachments: [{ name: "dot.gif" }],
		});
		// What is the conversation's may be sent in it again, by whom it may be.
		const again = await staff.messages.$post({ json: { conversationId, attachments: [{ url: attachmentUrl }] } });
		expect(again.status).toBe(201);
	});

	test("that aren't the sender's, or aren't there, or have been deleted, are refused, each by its code", async () => {
		const begun = await begin();
		const { office, staff, customer, conversationId, ada, grace } = begun;
		const theirs = await (
			await staff.attachments["upload-url"].$post({
				json: { fileName: "a.png", contentType: "image/png", fileSize: PNG.length },
			})
		).json();
		await put(theirs.data, PNG);
		const asked = await customer.attachments["upload-url"].$post({
			json: { fileName: "a.png", contentType: "image/png", fileSize: PNG.length },
		});
		const { data: absent } = await asked.json();
		const deleted = await uploaded(begun);
		await office.crm.attachments.delete(APP, deleted.key);
		const cases = [
			[theirs.data.attachmentUrl, "404 attachment_unknown"],
			["https://elsewhere.example/dot.png", "404 attachment_unknown"],
			[absent.attachmentUrl, "409 attachment_not_uploaded"],
			[deleted.attachmentUrl, "410 attachment_deleted"],
		] as const;
		for (const [url, code] of cases) {
			const body = { conversationId, content: "See", attachments: [{ url }] };
			expect(await codeOf(customer.messages.$post({ json: body }))).toBe(code);
			await ada.say("See", { attachments: [{ url }] });
			expect(ada.of("error").at(-1)).toMatchObject({ code: code.slice(4) });
		}
		expect(grace.of("message")).toEqual([]);
		const id = deleted.key.split("/")[1] ?? "";
		expect(await codeOf(staff.attachments[":id"].$get({ param: { id } }))).toBe("410 attachment_deleted");
		const unsent = await uploaded(begun);
		const unsentId = unsent.key.split("/")[1] ?? "";
		expect(await codeOf(customer.attachments[":id"].$get({ param: { id: unsentId } }))).toBe("404 attachment_unknown");
		// One conversation's file isn't another's.
		const mine = await uploaded(begun);
		await customer.messages.$post({ json: { conversationId, attachmentUrl: mine.attachmentUrl } });
		const { conversation: other } = await office.crm.conversations.open(APP, { customer: { email: "b@b.co" } });
		const elsewhere = { conversationId: other.id, attachmentUrl: mine.attachmentUrl };
		expect(await codeOf(staff.messages.$post({ json: elsewhere }))).toBe("404 attachment_unknown");
		const bob = office.client(await office.crm.customerTokens.issue(APP, other.customerId, other.id)).api;
		const mineId = mine.key.split("/")[1] ?? "";
		expect(await codeOf(bob.attachments[":id"].$get({ param: { id: mineId } }))).toBe("404 attachment_unknown");
	});

	test("that aren't what they're said to be are refused with a reason, and never read by anybody", async () => {
		const begun = await begin();
		const { customer, conversationId } = begun;
		const ask = (fileName: string, contentType: string, fileSize = 7) =>
			customer.attachments["upload-url"].$post({ json: { fileName, contentType, fileSize } });
		expect(await codeOf(ask("a.svg", "image/svg+xml"))).toBe("415 file_type_forbidden");
		expect(await codeOf(ask("a.html", "text/html"))).toBe("415 file_type_forbidden");
		expect(await codeOf(ask("a.svg", "image/png"))).toBe("415 file_type_forbidden");
		expect(await codeOf(ask("../a.png", "image/png"))).toBe("400 file_name_invalid");
		expect(await codeOf(ask("a.php.png", "image/png"))).toBe("400 file_name_invalid");
		expect(await codeOf(ask("a.png", "image/png", LIMITS.fileBytes + 1))).toBe("413 file_too_large");
		expect(await codeOf(ask("a.png", "image/png", 0))).toBe("413 file_too_large");
		expect((await ask("a.png", "image/png", LIMITS.fileBytes)).status).toBe(201);

		const { data: small } = await (await ask("a.png", "image/png", PNG.length)).json();
		expect((await put(small, Buffer.concat([PNG, PNG]))).status).toBe(403);
		expect((await put(small, PNG, "image/svg+xml")).status).toBe(403);
		expect((await put({ ...small, uploadUrl: small.uploadUrl.replace(/\w(?=\?)/, "x") }, PNG)).status).toBe(403);

		for (const [bytes, name, type] of [
			[HTML, "page.png", "image/png"],
			[Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), "a.txt", "text/plain"],
			[Buffer.concat([PNG, HTML]), "both.png", "image/png"],
			[Buffer.concat([GIF, Buffer.from("PK\u0003\u0004")]), "both.gif", "image/gif"],
			[GIF, "dot.png", "image/png"],
		] as const) {
			const ticket = await uploaded(begun, bytes, name, type);
			const json = { conversationId, attachmentUrl: ticket.attachmentUrl };
			expect(await codeOf(customer.messages.$post({ json }))).toMatch(/^422 file_(mismatch|unsafe)$/);
			// A second time, too: it's known by now.
			expect(await codeOf(customer.messages.$post({ json }))).toMatch(/^422 file_(mismatch|unsafe)$/);
			expect((await fetch(ticket.attachmentUrl)).status).not.toBe(200);
		}
	});
});
