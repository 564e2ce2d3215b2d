import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { SignJWT } from "jose";
import { createAgentToken } from "../../../src/connectors/admin/agentToken.js";
import type { VerifiedIdentity } from "../../../src/crm/access/verifiedIdentity.js";
import { SECRET } from "../access/given.js";
import { APP, Office, OTHER_APP, PASSWORD } from "./given.js";

const SITE_SECRET = "what the site and we share, 32 bytes";

async function me(office: Office, headers: Record<string, string | undefined>, query = "") {
	const answer = await office.ask("GET", `/api/me${query}`, headers);
	const { data, code } = (await answer.json()) as { data?: { role: string; appId: string }; code?: string };
	return data ? `${data.role} of ${data.appId}` : code;
}

describe("who asks", () => {
	test("is whom their token was made for", async () => {
		const office = await Office.open();
		const { id } = await office.crm.customers.create(APP, { email: "ada@example.com", name: "Ada" });
		expect(await me(office, { token: await office.staff() })).toBe("agent of shop");
		expect(await me(office, { token: await office.staff("admin") })).toBe("admin of shop");
		expect(await me(office, { token: await office.crm.customerTokens.issue(APP, id, "c") })).toBe("customer of shop");
		// Made on the command line, for all apps; nobody that the CRM knows.
		expect(await me(office, { token: await createAgentToken({ secret: SECRET, subject: "ops" }) })).toBe(
			"agent of shop",
		);
	});

	test("is told of a token that isn't as ours are, and not as of a field of the body", async () => {
		const office = await Office.open();
		const answer = await office.ask("GET", "/api/me", { token: "a.NQ.c" });
		expect(answer.status).toBe(401);
		const told = await answer.json();
		expect(told).toMatchObject({ code: "token_invalid" });
		expect(told).not.toHaveProperty("errors");
	});

	test("may bring an API key in either header", async () => {
		const office = await Office.open();
		const key = await office.server("customers:read");
		for (const headers of [{ token: key }, { "x-api-key": key }]) {
			expect((await office.ask("GET", "/api/customers", headers)).status).toBe(200);
		}
		expect(await me(office, { "x-api-key": key })).toBe("forbidden");
		// Known by one, it's as malformed in the other as before.
		expect(await me(office, { authorization: key })).toBe("token_invalid");
		expect(await me(office, { "x-api-key": `Bearer ${key}` })).toBe("token_invalid");
	});

	test("is nobody with what is malformed, expired, of another app, or signed by another", async () => {
		const office = await Office.open();
		const other = await office.agent({ app: OTHER_APP });
		const ofOther = await office.crm.customerTokens.issue(OTHER_APP, "x", "c");
		const key = await office.server("customers:read");
		const forged = await createAgentToken({ secret: SECRET.replace("a", "b"), subject: "x", apps: [APP] });
		const old = await createAgentToken({ secret: SECRET, subject: "x", apps: [APP], lifetimeSeconds: -1 });
		const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${forged.split(".")[1]}.`;
		for (const token of ["x", "a.b.c", "scr.shop.a.b", forged, old, unsigned, other.token, ofOther, `${key}x`]) {
			const code = await me(office, { token });
			expect([token.slice(0, 8), code]).toEqual([token.slice(0, 8), expect.stringMatching(/^(agent_)?token_invalid$/)]);
		}
		expect(await me(office, { authorization: "Basic YTpi" })).toBe("token_invalid");
		expect(await me(office, { token: key }, `?appId=${OTHER_APP}`)).toBe("token_invalid");
		expect(await me(office, { token: other.token }, `?appId=${OTHER_APP}`)).toBe("agent of other");
		expect(await me(office, { token: other.token }, "?appId=nowhere")).toBe("unknown_app");
	});

	test("is asked for only where the table wants to know: a stale token doesn't keep anybody from signing in", async () => {
		const office = await Office.open();
		const { email } = await office.agent();
		const old = await createAgentToken({ secret: SECRET, subject: "x", apps: [APP], lifetimeSeconds: -1 });
		const body = JSON.stringify({ email, password: PASSWORD });
		expect((await office.ask("POST", "/api/auth/login", { token: old, body })).status).toBe(200);
	});
});

describe("a site vouches for its visitor", () => {
	const identity = {
		secretOf: (app: string) => (app === APP ? SITE_SECRET : undefined),
		customerOf: async (_: string, { id, email }: VerifiedIdentity) => `customer-${id}-${email}`,
	};
	const jwt = (claims: Record<string, string>, { audience = APP, secret = SITE_SECRET, ends = "5m" } = {}) =>
		new SignJWT(claims)
			.setProtectedHeader({ alg: "HS256" })
			.setSubject("ada")
			.setAudience(audience)
			.setExpirationTime(ends)
			.sign(new TextEncoder().encode(secret));
	const hmac = (id: string) => createHmac("sha256", SITE_SECRET).update(id).digest("hex");

	/** Whom a request for the customer of this id is let through for. */
	async function mayRead(office: Office, customer: string, headers: Record<string, string | undefined>) {
		const answer = await office.ask("GET", `/api/customers/${customer}`, headers);
		// They're let through to a record that isn't there, or are told that they're nobody.
		return ((await answer.json()) as { code: string }).code;
	}

	test("by a JWT for this app, or by the HMAC of the id", async () => {
		const office = await Office.open({ identity });
		const spied: string[] = [];
		const { get } = office.crm.customers;
		office.crm.customers.get = (app, id) => {
			spied.push(id);
			return get.call(office.crm.customers, app, id);
		};
		await mayRead(office, "customer-ada-a@example.com", { token: await jwt({ email: "a@example.com" }) });
		await mayRead(office, "customer-ada-undefined", { "x-identity-id": "ada", "x-identity-hmac": hmac("ada") });
		await mayRead(office, "customer-bob-undefined", { "x-identity-id": "ada", "x-identity-hmac": hmac("ada") });
		expect(spied).toEqual(["customer-ada-a@example.com", "customer-ada-undefined"]);
	});

	test("and for nobody by what is old, for another app, of another's secret, or of another id", async () => {
		const office = await Office.open({ identity });
		const tokens = [
			await jwt({}, { ends: "-1s" }),
			await jwt({}, { audience: OTHER_APP }),
			await jwt({}, { secret: "another secret of 32 bytes or more" }),
		];
		for (const token of tokens) expect(await mayRead(office, "x", { token })).toMatch(/^(agent_)?token_invalid$/);
		const wrong = { "x-identity-id": "bob", "x-identity-hmac": hmac("ada") };
		expect(await mayRead(office, "x", wrong)).toBe("token_invalid");
		const nowhere = await Office.open();
		expect(await mayRead(nowhere, "x", { "x-identity-id": "ada", "x-identity-hmac": hmac("ada") })).toBe(
			"token_invalid",
		);
	});
});

describe("what was proved a moment ago", () => {
	test("isn't proved anew with each request, and holds only to the token's end", async () => {
		const office = await Office.open();
		let proofs = 0;
		const { verify } = office.crm.customerTokens;
		office.crm.customerTokens.verify = (app, token) => {
			proofs++;
			return verify.call(office.crm.customerTokens, app, token);
		};
		const { id } = await office.crm.customers.create(APP, { email: "ada@example.com", name: "Ada" });
		const token = await office.crm.customerTokens.issue(APP, id, "c");
		for (let asked = 0; asked < 5; asked++) expect(await me(office, { token })).toBe("customer of shop");
		expect(proofs).toBe(1);
		office.clock.advance(5_000);
		await me(office, { token });
		expect(proofs).toBe(2);
		office.clock.advance(30 * 24 * 60 * 60 * 1000 - 6_000);
		expect(await me(office, { token })).toBe("customer of shop");
		office.clock.advance(2_000);
		expect(await me(office, { token })).toBe("token_invalid");
	});

	test("is over at once when this process revokes it, and after seconds when another does", async () => {
		const office = await Office.open();
		const admin = office.client(await office.staff("admin")).api;
		const ends = [
			(id: string) => admin.agents[":id"].revoke.$post({ param: { id } }),
			(id: string) => admin.agents[":id"].password.$put({ param: { id }, json: { password: `${PASSWORD}!` } }),
			(id: string) => admin.agents[":id"].role.$put({ param: { id }, json: { role: "admin" } }),
			(id: string) => office.crm.accounts.revoke(APP, id),
		];
		for (const end of ends) {
			const { id, token } = await office.agent();
			expect(await me(office, { token })).toBe("agent of shop");
			await end(id);
			expect(await me(office, { token })).toBe("agent_token_invalid");
		}
		const { id, key } = await office.crm.apiKeys.create(APP, { name: "k", scopes: ["customers:read"] });
		const status = async () => (await office.ask("GET", "/api/customers", { token: key })).status;
		expect(await status()).toBe(200);
		await admin["api-keys"][":id"].$delete({ param: { id } });
		expect(await status()).toBe(401);

		const { key: second, id: secondId } = await office.crm.apiKeys.create(APP, {
			name: "k",
			scopes: ["customers:read"],
		});
		const seconds = async () => (await office.ask("GET", "/api/customers", { token: second })).status;
		expect(await seconds()).toBe(200);
		await office.crm.apiKeys.revoke(APP, secondId);
		office.clock.advance(5_000);
		expect(await seconds()).toBe(401);
	});
});

describe("agents over REST", () => {
	test("are active: who was away is online again", async () => {
		const office = await Office.open();
		const { id, token } = await office.agent();
		await office.crm.availability.choose(APP, id, "away");
		office.clock.advance(60_000);
		await me(office, { token });
		await expect(eventually(async () => (await office.crm.agents.get(APP, id))?.status === "online")).resolves.toBe(
			true,
		);
	});

	test("say their password when they change it, and can't guess it", async () => {
		const office = await Office.open();
		const { id, token } = await office.agent();
		const set = (current?: string) =>
			office
				.client(token)
				.api.agents[":id"].password.$put({ param: { id }, json: { password: "a new long one", current } });
		expect((await set()).status).toBe(401);
		expect((await set("wrong password")).status).toBe(401);
		expect((await set(PASSWORD)).status).toBe(204);
	});

	test("can't be made admins by a key", async () => {
		const office = await Office.open();
		const key = await office.server("agents:write");
		const post = (more: object) =>
			office.ask("POST", "/api/agents", {
				token: key,
				body: JSON.stringify({ email: "a@example.com", name: "A", ...more }),
			});
		for (const more of [{ role: "admin" }, { password: PASSWORD }]) expect((await post(more)).status).toBe(403);
		expect((await post({})).status).toBe(201);
	});
});

async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
	for (let tries = 0; tries < 200; tries++) {
		if (await holds()) return true;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	return false;
}
