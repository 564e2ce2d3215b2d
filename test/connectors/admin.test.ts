import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import { AGENT_AUDIENCE, agentTokens, createAgentToken } from "../../src/connectors/admin/agentToken.js";
import { socketConnectorSuite } from "../../src/testing/socketConnectorSuite.js";

const secret = "a secret of 32 bytes, or of more.";
const admin = new AdminConnector(agentTokens(secret));

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = Math.floor(Date.now() / 1000);
const good = { sub: "ada", role: "agent", aud: AGENT_AUDIENCE, exp: now + 60 };

/** A token made by hand, so that what no library would make can be made too. */
function jwt(claims: object, { alg = "HS256", hash = "sha256", key = secret } = {}): string {
	const content = `${base64({ alg, typ: "JWT" })}.${base64(claims)}`;
	return `${content}.${alg === "none" ? "" : createHmac(hash, key).update(content).digest("base64url")}`;
}

function admit(query: Record<string, string>, headers: Record<string, string> = {}, app = "shop") {
	return admin.admit({ app: { id: app }, query, headers });
}

describe("the contract", () => {
	const from = (query: Record<string, string>, headers = {}) => ({ app: { id: "shop" }, query, headers });
	socketConnectorSuite(test, async () => ({
		connector: admin,
		admits: [from({ token: jwt(good) }), from({ userId: "u" }, { authorization: `Bearer ${jwt(good)}` })],
		leaves: [from({ userId: "u" }), from({ userId: "u", isAdmin: "false" })],
		refuses: [from({ isAdmin: "true" }), from({ token: jwt({ ...good, exp: 1 }) }), from({ token: "nonsense" })],
	}));
});

describe("AdminConnector", () => {
	test("speaks the router dialect for agents, who may barge in and out", () => {
		expect(admin).toMatchObject({ name: "admin", answers: false, role: "agent", dialect: { name: "router" } });
		expect(admin.commands).toEqual(expect.arrayContaining(["join", "message", "bargeIn", "bargeOut", "ping"]));
	});

	test("admits by the query's token: as the token's subject, at the client's device", async () => {
		const token = await createAgentToken({ secret, subject: "ada", name: "Ada", lifetimeSeconds: 60 });
		const agent = { account: "agent/ada", isAdmin: false, proved: true, until: expect.any(Number), name: "Ada" };
		expect(await admit({ token, userId: "browser-1", isAdmin: "true" })).toEqual({ user: "ada:browser-1", ...agent });
		expect(await admit({ token })).toEqual({ user: "ada", ...agent });
		expect(await admit({ token, userId: "" })).toMatchObject({ user: "ada" });
	});

	test("admits by a bearer token", async () => {
		const token = await createAgentToken({ secret, subject: "ada" });
		expect(await admit({}, { authorization: `Bearer ${token}` })).toMatchObject({ user: "ada", name: undefined });
		expect(await admit({ isAdmin: "true" }, { authorization: `bearer  ${token} ` })).toMatchObject({ user: "ada" });
	});

	test("leaves visitors to others", async () => {
		expect(await admit({})).toBeUndefined();
		expect(await admit({ userId: "u", isAdmin: "false" })).toBeUndefined();
		expect(await admit({ token: "" })).toBeUndefined();
		expect(await admit({}, { authorization: "Basic YTpi" })).toBeUndefined();
	});

	test.each(["true", "TRUE"])("asks for a token when the URL claims isAdmin=%s", async (isAdmin) => {
		await expect(admit({ isAdmin, userId: "u" })).rejects.toMatchObject({ code: "agent_token_required" });
	});

	test("admits only to the apps that the token is for", async () => {
		const token = await createAgentToken({ secret, subject: "ada", apps: ["shop", "other"] });
		expect(await admit({ token }, {}, "shop")).toMatchObject({ user: "ada" });
		await expect(admit({ token }, {}, "third")).rejects.toMatchObject({ code: "agent_token_invalid" });
		const none = await createAgentToken({ secret, subject: "ada", apps: [] });
		await expect(admit({ token: none })).rejects.toMatchObject({ code: "agent_token_invalid" });
	});

	test("a subject of any form is a stable user", async () => {
		const token = await createAgentToken({ secret, subject: "auth0|Ada Lovelace" });
		const admission = await admit({ token });
		expect(admission?.user).toMatch(/^~[\w-]{43}$/);
		expect(await admit({ token })).toEqual(admission);
	});
});

describe("agents' tokens", () => {
	test("one made by hand as described is taken", async () => {
		expect(await agentTokens(secret).verify(jwt({ ...good, role: "admin", name: "Ada", apps: ["shop"] }))).toEqual({
			subject: "ada",
			until: good.exp,
			role: "admin",
			name: "Ada",
			apps: ["shop"],
		});
	});

	test.each<[string, string]>([
		["no JWT", "nonsense"],
		["empty parts", ".."],
		["alg none", jwt(good, { alg: "none" })],
		["alg none in other letters", jwt(good, { alg: "None" })],
		["another algorithm, rightly signed", jwt(good, { alg: "HS512", hash: "sha512" })],
		["another secret", jwt(good, { key: `${secret}!` })],
		["changed claims", jwt(good).replace(/\.[\w-]+\./, `.${base64({ ...good, role: "admin" })}.`)],
		["another audience", jwt({ ...good, aud: "another-service" })],
		["no audience", jwt({ ...good, aud: undefined })],
		["expired", jwt({ ...good, exp: now - 1 })],
		["no end", jwt({ ...good, exp: undefined })],
		["an end that's no number", jwt({ ...good, exp: "never" })],
		["not yet valid", jwt({ ...good, nbf: now + 60 })],
		["no subject", jwt({ ...good, sub: undefined })],
		["a visitor's role", jwt({ ...good, role: "visitor" })],
		["no role", jwt({ ...good, role: undefined })],
		["malformed apps", jwt({ ...good, apps: "shop" })],
	])("refused: %s", async (_, token) => {
		await expect(admit({ token })).rejects.toMatchObject({ name: "RouterError", code: "agent_token_invalid" });
	});

	test("last 12 hours unless told otherwise", async () => {
		const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
		const claims = claimsOf(await createAgentToken({ secret, subject: "ada" }));
		expect(claims).toMatchObject({ sub: "ada", role: "agent", aud: AGENT_AUDIENCE });
		expect(claims.exp - claims.iat).toBe(12 * 60 * 60);
		const short = claimsOf(await createAgentToken({ secret, subject: "ada", lifetimeSeconds: 5 }));
		expect(short.exp - short.iat).toBe(5);
	});

	test("a name that's too long is left out, not a reason to refuse", async () => {
		expect((await agentTokens(secret).verify(jwt({ ...good, name: "x".repeat(201) }))).name).toBeUndefined();
	});

	test.each(["", "x".repeat(31)])(
		"a secret of less than 32 bytes (%j) is refused, by the name of its setting",
		async (short) => {
			const refusal = { code: "configuration_invalid", message: expect.stringContaining("JWT_SECRET") };
			expect(() => agentTokens(short)).toThrow(expect.objectContaining(refusal));
			await expect(createAgentToken({ secret: short, subject: "ada" })).rejects.toMatchObject(refusal);
			expect(() => agentTokens("é".repeat(16))).not.toThrow();
		},
	);
});
