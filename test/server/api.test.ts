import { describe, expect, test } from "@jest/globals";
import { dataOf, restClient } from "../../src/client/index.js";
import { onChromium } from "../support/chromium.js";
import { givenServer } from "./given.js";

const ADMIN = { ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: "correct horse battery" };

async function signedIn(url: string): Promise<string> {
	const json = { email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD };
	return (await dataOf(restClient({ url }).api.auth.login.$post({ json }))).accessToken;
}

describe("the server's API", () => {
	test("lets the first admin in, also while they're still being made, who makes an agent", async () => {
		const { url } = await givenServer(ADMIN);
		const client = restClient({ url, token: await signedIn(url) });
		const me = await client.api.me.$get();
		expect((await me.json()).data).toMatchObject({
			role: "admin",
			appId: "default",
			agent: { email: ADMIN.ADMIN_EMAIL },
		});
		const made = await client.api.agents.$post({ json: { email: "ada@example.com", name: "Ada" } });
		expect(made.status).toBe(201);
		const listed = await client.api.agents.$get({ query: {} });
		expect((await listed.json()).data.map(({ email }) => email)).toEqual([ADMIN.ADMIN_EMAIL, "ada@example.com"]);
	});

	test("believes X-Forwarded-For of the owner's proxies only", async () => {
		const limits = { REQUESTS_PER_SECOND: "1", REQUEST_BURST: "1" };
		const ask = async (url: string, ...hops: string[]) =>
			(await fetch(`${url}/api/me`, { headers: { "x-forwarded-for": hops.join(", ") } })).status;
		const open = await givenServer(limits);
		const liar = [];
		for (let sent = 0; sent < 3; sent++) liar.push(await ask(open.url, `192.0.2.${sent}`));
		expect(liar).toEqual([401, 401, 429]);
		const behind = await givenServer({ ...limits, TRUSTED_PROXIES: "1" });
		for (let sent = 0; sent < 3; sent++) expect(await ask(behind.url, `192.0.2.${sent}`)).toBe(401);
		const hidden = [];
		for (let sent = 0; sent < 3; sent++) hidden.push(await ask(behind.url, `192.0.2.${sent}`, "198.51.100.1"));
		expect(hidden).toEqual([401, 401, 429]);
	});

	test("finishes what is under way when the server stops", async () => {
		const server = await givenServer(ADMIN);
		await server.firstAdmin;
		const body = JSON.stringify({ email: ADMIN.ADMIN_EMAIL, password: ADMIN.ADMIN_PASSWORD });
		const headers = { "Content-Type": "application/json" };
		await fetch(`${server.url}/api/me`);
		const login = fetch(`${server.url}/api/auth/login`, { method: "POST", headers, body });
		// Long enough to have come in, and shorter than hashing a password takes.
		await new Promise((resolve) => setTimeout(resolve, 50));
		await server.close();
		expect((await login).status).toBe(200);
	});

	test("has all that its documentation shows", async () => {
		const { url } = await givenServer();
		const page = await (await fetch(`${url}/api/docs`)).text();
		const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
		expect(named).toHaveLength(5);
		for (const path of named) expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
		expect(page).not.toMatch(/https?:\/\//);
	});
});

await onChromium((browser) => {
	test.each([
		{ width: 1280, height: 900 },
		{ width: 390, height: 844 },
	])("the documentation shows every route, and asks nobody else, $width wide", async (viewport) => {
		const { url } = await givenServer();
		const page = await browser.newPage({ viewport });
		const asked = new Set<string>();
		const problems: string[] = [];
		page.on("request", (request) => asked.add(new URL(request.url()).origin));
		page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
		page.on("pageerror", (error) => problems.push(String(error)));
		await page.goto(`${url}/api/docs`);
		await page.locator(".opblock").first().waitFor();
		const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: Record<string, object> };
		const routes = Object.values(document.paths).flatMap((each) => Object.keys(each));
		expect(await page.locator(".opblock").count()).toBe(routes.length);
		await page.locator(".opblock-summary-control").first().click();
		await page.locator(".opblock-body .responses-table").first().waitFor();
		if (process.env.SCREENSHOTS)
			await page.screenshot({ path: `${process.env.SCREENSHOTS}/docs-${viewport.width}.png` });
		const { scroll, client } = await page.evaluate(() => {
			const { scrollWidth, clientWidth } = (
				globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
			).document.documentElement;
			return { scroll: scrollWidth, client: clientWidth };
		});
		expect(scroll).toBe(client);
		await page.close();
		expect([...asked].filter((origin) => origin !== url && origin !== "null")).toEqual([]);
		expect(problems).toEqual([]);
	});
});
