import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { eventually, givenServer, WireClient } from "./given.js";

const JWT_SECRET = "a-secret-of-this-test-with-32-bytes-or-more";

/** Asks for a path as it is written, which `fetch` would tidy up. */
const rawGet = (url: string, path: string): Promise<number | undefined> =>
	new Promise((resolve, reject) => {
		const { hostname, port } = new URL(url);
		request({ hostname, port, path }, (response) => resolve(response.resume().statusCode))
			.on("error", reject)
			.end();
	});

describe("pages", () => {
	test("are served with headers that keep others out", async () => {
		const { url } = await givenServer();
		const page = await fetch(url);
		expect(page.status).toBe(200);
		expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
		expect(page.headers.get("x-content-type-options")).toBe("nosniff");
		expect(page.headers.get("content-security-policy")).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
		const html = await page.text();
		expect(html).toContain('<script id="xapp-js" src="/widget/xapp-chat-widget.js"');
		// No script stands in the page itself, and nothing is fetched from elsewhere.
		expect(html).not.toMatch(/<script(?![^>]* src="\/)|(?:src|href)="(?:https?:)?\/\//);
		for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"#]*)"/g)) {
			if (path !== "/agent-demo") expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
		}
	});

	test("say what can't be done, and what isn't there", async () => {
		const { url } = await givenServer();
		expect((await fetch(`${url}/nothing`)).status).toBe(404);
		const post = await fetch(url, { method: "POST", body: "x" });
		expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
		expect((await fetch(`${url}/demo-bot`)).status).toBe(405);
		expect((await fetch(`${url}/demo-bot`, { method: "POST", body: "{}" })).status).toBe(401);
		expect((await fetch(`${url}/demo-bot`, { method: "POST", body: "x".repeat(300_000) })).status).toBe(413);
		const head = await fetch(url, { method: "HEAD" });
		expect([head.status, Number(head.headers.get("content-length")) > 1000, await head.text()]).toEqual([
			200,
			true,
			"",
		]);
		for (const path of ["/widget/../package.json", "/widget/%2e%2e/package.json", "//etc/passwd", "/widget/", "/ws"]) {
			expect([path, await rawGet(url, path)]).toEqual([path, 404]);
		}
	});

	test("bring the published widget, unmodified, and only once", async () => {
		const { url } = await givenServer();
		for (const name of ["xapp-chat-widget.js", "xapp-chat-widget.css"]) {
			const file = await fetch(`${url}/widget/${name}`);
			const published = readFileSync(`node_modules/@xapp/chat-widget/dist/${name}`);
			const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
			expect(hash(Buffer.from(await file.arrayBuffer()))).toBe(hash(published));
			expect(file.headers.get("cache-control")).toMatch(/max-age/);
			const etag = file.headers.get("etag") ?? "";
			const again = await fetch(`${url}/widget/${name}`, { headers: { "if-none-match": `"x", W/${etag}` } });
			expect([again.status, await again.text()]).toEqual([304, ""]);
		}
	});

	test("tell whether the server lives, and whether it's ready", async () => {
		const { url } = await givenServer();
		expect((await fetch(`${url}/healthz`)).status).toBe(200);
		expect((await fetch(`${url}/readyz`)).status).toBe(200);
	});
});

describe("the agents' desk", () => {
	const signedIn = async () => ({
		cookie: `stentor_agent=${await createAgentToken({ secret: JWT_SECRET, subject: "ada" })}`,
	});

	test("is shown to nobody without a valid token", async () => {
		const { url } = await givenServer({ JWT_SECRET });
		const foreign = await createAgentToken({ secret: JWT_SECRET.toUpperCase(), subject: "ada" });
		const otherApp = await createAgentToken({ secret: JWT_SECRET, subject: "ada", apps: ["other"] });
		const expired = await createAgentToken({ secret: JWT_SECRET, subject: "ada", lifetimeSeconds: -1 });
		for (const path of ["/agent-demo", "/agent-demo/sessions", "/agent-demo?isAdmin=true&sessionId=x"]) {
			expect((await fetch(url + path)).status).toBe(401);
			for (const token of [foreign, otherApp, expired, ""]) {
				const answer = await fetch(url + path, { headers: { cookie: `stentor_agent=${token}` } });
				expect([path, answer.status]).toEqual([path, 401]);
			}
		}
		const refused = await fetch(`${url}/agent-demo?token=${foreign}`);
		expect([refused.status, refused.headers.get("set-cookie")]).toEqual([401, null]);
		expect(await refused.text()).toContain('<form method="post" action="/agent-demo">');
	});

	test("takes a token from its link or its form, and keeps it out of the address", async () => {
		const { url } = await givenServer({ JWT_SECRET });
		const token = await createAgentToken({ secret: JWT_SECRET, subject: "ada" });
		const link = await fetch(`${url}/agent-demo?isAdmin=true&sessionId=a%26b&token=${token}`, { redirect: "manual" });
		const form = await fetch(`${url}/agent-demo`, {
			method: "POST",
			body: new URLSearchParams({ token: ` ${token}\n` }),
			redirect: "manual",
		});
		expect([link.status, link.headers.get("location")]).toEqual([303, "/agent-demo?isAdmin=true&sessionId=a%26b"]);
		expect([form.status, form.headers.get("location")]).toEqual([303, "/agent-demo"]);
		for (const { headers } of [link, form]) {
			expect(headers.get("set-cookie")).toBe(`stentor_agent=${token}; Path=/; HttpOnly; SameSite=Strict`);
		}
		const role = await fetch(`${url}/agent-demo?sessionId=x`, { headers: await signedIn(), redirect: "manual" });
		expect(role.headers.get("location")).toBe("/agent-demo?sessionId=x&isAdmin=true");
	});

	test("lists running sessions, the newest first, with who answers; whatever visitors call themselves", async () => {
		const { url, wsUrl } = await givenServer({ JWT_SECRET });
		const headers = await signedIn();
		const list = async () => (await fetch(`${url}/agent-demo/sessions`, { headers })).text();
		expect(await list()).toContain("No conversations yet");
		const hostile = `"><script>alert('x')</script>&`;
		const first = await WireClient.connect(`${wsUrl}?userId=u1`, "session-1");
		first.send({ event: "user joined", sender: { displayName: hostile } });
		first.say(hostile);
		await eventually(async () => (await list()).includes("/agent-demo?"));
		const second = await WireClient.visitor(wsUrl, "session-2");
		second.say("I'd like to talk to a person");
		await eventually(async () => (await list()).includes("Asks for a person"));

		const rows = (await list()).split("<li>").slice(1);
		expect(rows).toHaveLength(2);
		expect(rows[0]).toContain("session-2");
		expect(rows[1]).toContain("The bot answers");
		expect(rows[1]).toMatch(/<time datetime="20[^"]+">just now<\/time>/);
		expect(rows[1]).toContain("&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;");
		const pages = ["", "?isAdmin=true&sessionId=session-1", `?isAdmin=true&sessionId=${encodeURIComponent(hostile)}`];
		for (const query of pages) {
			const html = await (await fetch(`${url}/agent-demo${query}`, { headers })).text();
			expect(html).not.toMatch(/<script>|">"/);
		}

		const options = { headers, origin: url };
		const agent = await WireClient.connect(`${wsUrl}?userId=a1&isAdmin=true`, "session-2", options);
		agent.send({ event: "user joined", sender: { isAdmin: true } });
		agent.send({ event: "barge in", sender: { displayName: "Ada", isAdmin: true } });
		agent.say("Here I am.");
		// What the visitor wants stays to be read, whoever has answered.
		await eventually(async () =>
			/talk to a person<[\s\S]*A person answers/.test((await list()).split("<li>")[1] ?? ""),
		);
	});
});
