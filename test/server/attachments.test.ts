import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { PNG } from "../crm/files.js";
import { afterwards, eventually, givenServer } from "./given.js";

const JWT_SECRET = "a secret of 32 bytes, or of more.";

interface Frame {
	readonly type?: string;
	readonly conversationId?: string;
	readonly token?: string;
	readonly data?: {
		readonly code?: string;
		readonly event?: string;
		readonly attachments?: readonly { readonly url: string }[];
	};
}

/** A client of the chat API, and all that it's told. */
async function connect(address: string, query: Record<string, string>) {
	const socket = new WebSocket(`${address}?${new URLSearchParams(query)}`);
	const frames: Frame[] = [];
	socket.on("message", (data) => frames.push(JSON.parse(data.toString())));
	await once(socket, "open");
	afterwards(() => socket.terminate());
	return {
		send: (action: string, data: object) => socket.send(JSON.stringify({ action, data })),
		async first(condition: (frame: Frame) => boolean): Promise<Frame> {
			await eventually(
				() => frames.some(condition),
				() => JSON.stringify(frames),
			);
			return frames.find(condition) as Frame;
		},
	};
}

test("a customer uploads a file and sends it; the agent gets it, and downloads it safely", async () => {
	const { url, wsUrl } = await givenServer({ JWT_SECRET });
	const ada = await connect(wsUrl, { user: '{"email":"ada@example.com","name":"Ada"}' });
	const { conversationId = "", token: customerToken } = await ada.first(({ token }) => token !== undefined);
	const token = await createAgentToken({ secret: JWT_SECRET, subject: "grace", name: "Grace" });
	const grace = await connect(wsUrl, { user: '{"type":"agent"}', token });
	grace.send("join", { conversationId });
	await grace.first(({ data }) => data?.event === "ready");

	const asked = await fetch(`${url}/api/attachments/upload-url`, {
		method: "POST",
		headers: { "Content-Type": "application/json", Authorization: `Bearer ${customerToken}` },
		body: JSON.stringify({ fileName: "receipt.png", contentType: "image/png", fileSize: PNG.length }),
	});
	expect(asked.status).toBe(201);
	const { data: ticket } = (await asked.json()) as { data: { uploadUrl: string; attachmentUrl: string } };
	const put = (body: Uint8Array) =>
		fetch(ticket.uploadUrl, { method: "PUT", headers: { "Content-Type": "image/png" }, body });
	expect((await put(Buffer.concat([PNG, PNG]))).status).toBe(403);
	expect((await put(PNG)).status).toBe(200);
	expect((await fetch(ticket.attachmentUrl)).status).toBe(404);

	const bring = (attachmentUrl: string) =>
		ada.send("sendMessage", { conversationId, content: "My receipt", messageType: "image", attachmentUrl });
	bring(`${ticket.attachmentUrl}x`);
	await ada.first(({ type, data }) => type === "error" && data?.code === "attachment_unknown");
	bring(ticket.attachmentUrl);
	const { data: message } = await grace.first(
		({ type, data }) => type === "message" && data?.attachments !== undefined,
	);
	expect(message).toMatchObject({
		content: "My receipt",
		attachments: [{ url: ticket.attachmentUrl, name: "receipt.png", contentType: "image/png", size: PNG.length }],
	});

	const file = await fetch(message?.attachments?.[0]?.url ?? "");
	expect(file.status).toBe(200);
	expect(Buffer.from(await file.arrayBuffer())).toEqual(PNG);
	expect(Object.fromEntries(file.headers)).toMatchObject({
		"content-type": "image/png",
		"content-disposition": expect.stringMatching(/^inline; filename="receipt.png"/),
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
	});
});
