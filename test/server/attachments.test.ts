import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { PNG } from "../crm/files.js";
import { ChatWire } from "./ChatWire.js";
import { customer } from "./customerSuite.js";
import { givenServer } from "./given.js";
import { Rest } from "./Rest.js";

test("a file is served so that a browser runs nothing in it; before it's looked at there is none", async () => {
	const { url, wsUrl } = await givenServer();
	const ada = await ChatWire.connect(wsUrl, customer({ email: `${randomUUID()}@example.com` }));
	const { conversationId, token } = await ada.greeting();
	const asked = { fileName: "receipt.png", contentType: "image/png", fileSize: PNG.length };
	const { uploadUrl, attachmentUrl } = await new Rest(url, token).ask("POST", "/attachments/upload-url", asked);
	await fetch(String(uploadUrl), { method: "PUT", headers: { "Content-Type": "image/png" }, body: PNG });
	expect((await fetch(String(attachmentUrl))).status).toBe(404);
	ada.send("sendMessage", { conversationId, content: "My receipt", messageType: "image", attachmentUrl });
	await ada.until(({ type }) => type === "message");
	const file = await fetch(String(attachmentUrl));
	expect(file.status).toBe(200);
	expect(Object.fromEntries(file.headers)).toMatchObject({
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	});
});
