import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { clientActions } from "../../src/protocol/chat/frames.js";
import { afterwards, givenServer, temporaryFolder } from "../server/given.js";
import { onChromium } from "../support/chromium.js";
import { blocksOf } from "./markdown.js";

const text = readFileSync("docs/chat-api.md", "utf8");
const blocks = blocksOf("docs/chat-api.md", text);
const run = promisify(execFile);
const ADMIN_PASSWORD = "correct horse battery";

/** What the first cells of a table say in code. */
function namedIn(section: string): string[] {
	const rows = text.slice(text.indexOf(section)).split("\n## ")[0]?.split("\n") ?? [];
	const cells = rows.flatMap((row) => (row.startsWith("| `") ? [row.split("|")[1] ?? ""] : []));
	return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

test("the example of docs/chat-api.md does what it says", async () => {
	const { url, firstAdmin } = await givenServer({ ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD });
	await firstAdmin;
	const [example] = blocks.filter(({ language }) => language === "js");
	const folder = temporaryFolder();
	symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
	writeFileSync(join(folder, "example.mjs"), String(example?.text));
	const { stdout } = await run("node", [join(folder, "example.mjs")], {
		env: { ...process.env, CHAT_URL: url, ADMIN_PASSWORD },
	});
	expect(stdout).toBe("stored as m-1\nagent: On its way.\nread up to the answer: true\nrated 5\n");
});

test("the address for wscat is one that's let in, and the frame one that's acknowledged", async () => {
	const { url } = await givenServer();
	const [shell] = blocks.filter(({ language }) => language === "sh");
	const address = shell?.text.match(/'(.+)'/)?.[1]?.replace("ws://127.0.0.1:3000", url.replace("http", "ws"));
	const frame = JSON.parse(blocks.find(({ language }) => language === "json")?.text ?? "");
	const socket = new WebSocket(String(address));
	const acked = await new Promise((resolve) => {
		socket.on("message", (data) => {
			const told = JSON.parse(data.toString());
			const { conversationId } = told;
			if (told.token) socket.send(JSON.stringify({ ...frame, data: { ...frame.data, conversationId } }));
			if (told.type === "ack") resolve(told.data);
		});
	});
	socket.terminate();
	expect(acked).toMatchObject({ messageId: "m-1" });
});

await onChromium((browser) => {
	test("the page of docs/chat-api.md shows what is answered", async () => {
		let body = "";
		const site = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(body));
		site.listen(0, "127.0.0.1");
		await once(site, "listening");
		afterwards(() => site.close());
		const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
		const { url } = await givenServer({ ALLOWED_ORIGINS: origin });
		const html = String(blocks.find(({ language }) => language === "html")?.text);
		body = `<!doctype html><body>${html.replace("ws://127.0.0.1:3000", url.replace("http", "ws"))}</body>`;
		const page = await browser.newPage();
		await page.goto(origin);
		// The demo bot's first words.
		await page.waitForSelector("body > br", { state: "attached" });
		expect(await page.textContent("body")).toMatch(/\w/);
		await page.close();
	});
});

test("it names every action", () => {
	expect(namedIn("## What clients send").sort()).toEqual(Object.keys(clientActions()).sort());
});
