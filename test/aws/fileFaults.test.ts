import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openS3 } from "../../aws/offline/s3.js";
import { PNG } from "../crm/files.js";
import { onDynamodbLocal } from "../support/dynamodbLocal.js";
import { HttpBot, json, type Step } from "../support/httpBot.js";
import { Lambdas } from "../support/lambdas/Lambdas.js";
import type { HeldConnection } from "../support/managementApi.js";

const SLOW_MS = 120_000;

interface ChatFrame {
	readonly type?: string;
	readonly conversationId?: string;
	readonly token?: string;
	readonly data?: Readonly<Record<string, unknown>>;
}

const framesOf = ({ received }: HeldConnection) => received.map((text) => JSON.parse(text) as ChatFrame);
const typed = (held: HeldConnection, type: string) => framesOf(held).filter((frame) => frame.type === type);

await onDynamodbLocal(({ endpoint }) => {
	let lambdas: Lambdas;
	let s3: Awaited<ReturnType<typeof openS3>>;
	/** An S3 that answers as it's told. */
	let broken: HttpBot;
	beforeAll(async () => {
		s3 = await openS3("files");
		broken = await HttpBot.start(json({}, 503));
		const FILES_URL = `${s3.endpoint}/files/served`;
		lambdas = await Lambdas.open({ endpoint, variables: { FILES_URL, AWS_ENDPOINT_URL_S3: s3.endpoint } });
	}, 300_000);
	afterAll(async () => {
		await lambdas?.close();
		await broken?.close();
		await s3?.close();
	});

	/** A customer who has put a file where they were told to. */
	async function uploaded() {
		const [ws, api] = [await lambdas.start("ws"), await lambdas.start("api")];
		const user = JSON.stringify({ email: "ada@example.com", name: "Ada" });
		const held = await lambdas.connect(ws, { user });
		await lambdas.greet(await lambdas.start("greeting"));
		const { conversationId = "", token } = framesOf(held).find((frame) => frame.token !== undefined) ?? {};
		const asked = { fileName: "receipt.png", contentType: "image/png", fileSize: PNG.length };
		const ticket = await lambdas.rest(api, "POST", "/attachments/upload-url", asked, token);
		const { uploadUrl, attachmentUrl } = ticket as { uploadUrl: string; attachmentUrl: string };
		const put = await fetch(uploadUrl, { method: "PUT", headers: { "Content-Type": "image/png" }, body: PNG });
		expect(put.status).toBe(200);
		const data = { conversationId, content: "My receipt", messageType: "image", messageId: "m-1", attachmentUrl };
		return { held, attachmentUrl, frame: { action: "sendMessage", data }, conversationId };
	}

	describe("S3", () => {
		test.each<[string, Step | undefined]>([
			["is away", undefined],
			["answers 503", json({}, 503)],
			["answers 500", json({}, 500)],
		])(
			"%s while a message brings a file: the client is told to try again, and then it's said once",
			async (_, step) => {
				const { held, attachmentUrl, frame, conversationId } = await uploaded();
				if (step) broken.steps = [step];
				const AWS_ENDPOINT_URL_S3 = step ? broken.origin : "http://127.0.0.1:1";
				const without = await lambdas.start("ws", endpoint, { AWS_ENDPOINT_URL_S3 });
				await lambdas.send(without, held, frame);
				expect(typed(held, "error").map(({ data }) => data)).toEqual([
					expect.objectContaining({ code: "storage_unavailable", retryable: true, messageId: "m-1" }),
				]);
				expect(typed(held, "ack")).toEqual([]);
				expect((await lambdas.log(conversationId)).filter(({ content }) => content.type === "message")).toEqual([]);
				expect((await fetch(attachmentUrl)).status).not.toBe(200);

				await lambdas.send(await lambdas.start("ws"), held, frame);
				expect(typed(held, "ack").map(({ data }) => data?.messageId)).toEqual(["m-1"]);
				const said = (await lambdas.log(conversationId)).filter(
					({ from, content }) => from.role === "visitor" && content.type === "message",
				);
				expect(said).toHaveLength(1);
				expect(Buffer.from(await (await fetch(attachmentUrl)).arrayBuffer())).toEqual(PNG);
			},
			SLOW_MS,
		);

		test("being away keeps nobody from saying what brings no file", async () => {
			const ws = await lambdas.start("ws", endpoint, { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1" });
			const { held, sessionId } = await lambdas.visitor(ws);
			const data = { type: "INTENT_REQUEST", rawQuery: "hello" };
			await lambdas.send(ws, held, { event: "new message", sessionId, messageId: "m-1", data });
			expect(held.received.map((text) => JSON.parse(text).event)).toContain("ack");
		});
	});
});
