import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { exportJWK, SignJWT } from "jose";
import { AgentAccess } from "../../../src/crm/access/AgentAccess.js";
import { CustomerTokens } from "../../../src/crm/access/CustomerTokens.js";
import { type OidcOptions, oidcTokens } from "../../../src/crm/access/oidcTokens.js";
import { hashPassword, SCRYPT_COST, verifyPassword } from "../../../src/crm/access/password.js";
import { identityByHmac, identityByJwt } from "../../../src/crm/access/verifiedIdentity.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import { TestClock } from "../../support/office.js";
import { APP, CHEAP, Gate, PASSWORD, SECRET } from "./given.js";

const clock = new TestClock();
const now = Math.floor(clock.now / 1000);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token made by hand, so that what no library would make can be made too. */
function jwt(
	claims: object,
	{ alg = "HS256", key = SECRET as string | Buffer, kid = undefined as string | undefined } = {},
) {
	const content = `${base64({ alg, typ: "JWT", kid })}.${base64(claims)}`;
	return `${content}.${alg === "none" ? "" : createHmac("sha256", key).update(content).digest("base64url")}`;
}

describe("passwords", () => {
	test("are kept with their salt and cost, and never the same twice", async () => {
		const [a, b] = await Promise.all([hashPassword(PASSWORD, CHEAP), hashPassword(PASSWORD, CHEAP)]);
		expect(a).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
		expect(a).not.toBe(b);
		expect(await verifyPassword(PASSWORD, a, CHEAP)).toEqual({ matches: true, outdated: false });
		expect(await verifyPassword(PASSWORD.toUpperCase(), a, CHEAP)).toMatchObject({ matches: false });
		expect(await verifyPassword(PASSWORD, a, { ...CHEAP, p: 2 })).toEqual({ matches: true, outdated: true });
	});

	test("are the same letters however they were typed", async () => {
		const stored = await hashPassword("caf\u00e9 au lait", CHEAP);
		expect(await verifyPassword("cafe\u0301 au lait", stored, CHEAP)).toMatchObject({ matches: true });
	});

	test.each(["", "plain text", "$scrypt$ln=4,r=8,p=1$$", "$scrypt$ln=4,r=8,p=1$c2FsdA$"])(
		"what was stored as %j is nobody's",
		async (stored) => {
			expect(await verifyPassword("", stored, CHEAP)).toMatchObject({ matches: false });
		},
	);

	test("cost 32 MB a guess unless told otherwise", async () => {
		expect(2 ** SCRYPT_COST.logN * SCRYPT_COST.r * 128).toBe(32 * 1024 * 1024);
		const stored = await hashPassword(PASSWORD);
		expect(stored).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
		expect(await verifyPassword(PASSWORD, stored)).toEqual({ matches: true, outdated: false });
	});
});

describe("customers' tokens", () => {
	const tokens = new CustomerTokens({ secret: SECRET, clock: clock.read });

	test("let into one conversation of one app", async () => {
		const token = await tokens.issue(APP, "customer-1", "c1");
		const actor = { role: "customer", app: APP, customerId: "customer-1", conversationId: "c1" };
		expect(await tokens.verify(APP, token)).toEqual(actor);
		await expect(tokens.verify("other", token)).rejects.toMatchObject({ code: "token_invalid" });
	});

	const good = { sub: "x", app: APP, conversation: "c1", aud: "stentor-chat-router/customer", exp: now + 60 };
	test.each<[string, string]>([
		["nonsense", "nonsense"],
		["alg none", jwt(good, { alg: "none" })],
		["another secret", jwt(good, { key: `${SECRET}!` })],
		["an agent's audience", jwt({ ...good, aud: "stentor-chat-router" })],
		["no audience", jwt({ ...good, aud: undefined })],
		["an end that's past", jwt({ ...good, exp: now - 1 })],
		["no end", jwt({ ...good, exp: undefined })],
		["no conversation", jwt({ ...good, conversation: undefined })],
	])("are refused: %s", async (_, token) => {
		expect(await tokens.verify(APP, jwt(good))).toMatchObject({ conversationId: "c1" });
		await expect(tokens.verify(APP, token)).rejects.toMatchObject({ code: "token_invalid" });
	});
});

describe("verified identity", () => {
	const options = { secret: SECRET, app: APP, clock: clock.read };
	const good = { sub: "user|7", aud: APP, exp: now + 60 };

	test("by a token that the site made", async () => {
		const token = jwt({ ...good, email: "Ada@Example.com", name: "Ada" });
		const identity = { id: "user|7", email: "ada@example.com", name: "Ada" };
		expect(await identityByJwt(options, token)).toEqual(identity);
		expect(await identityByJwt(options, jwt(good))).toEqual({ id: "user|7" });
	});

	test.each<[string, string]>([
		["no end", jwt({ ...good, exp: undefined })],
		["an end that's past", jwt({ ...good, exp: now - 1 })],
		["no audience", jwt({ ...good, aud: undefined })],
		["another app as audience", jwt({ ...good, aud: "other" })],
		["no subject", jwt({ ...good, sub: undefined })],
		["an e-mail that's none", jwt({ ...good, email: "ada" })],
		["alg none", jwt(good, { alg: "none" })],
		["another secret", jwt(good, { key: `${SECRET}!` })],
	])("is refused by a token with %s", async (_, token) => {
		await expect(identityByJwt(options, token)).rejects.toMatchObject({ code: "token_invalid" });
	});

	test("by the HMAC of the id, and of no other", () => {
		const hmac = (of: string, key = SECRET) => createHmac("sha256", key).update(of).digest("hex");
		expect(identityByHmac(SECRET, "user|7", hmac("user|7"))).toEqual({ id: "user|7" });
		expect(identityByHmac(SECRET, "user|7", hmac("user|7").toUpperCase())).toEqual({ id: "user|7" });
		for (const [id, wrong] of [
			["user|8", hmac("user|7")],
			["user|7", hmac("user|7", `${SECRET}!`)],
			["user|7", hmac("user|7").slice(2)],
			["user|7", `${hmac("user|7")}00`],
			["user|7", ""],
			["user|7", "z".repeat(64)],
			["", hmac("")],
		] as const) {
			expect(() => identityByHmac(SECRET, id, wrong)).toThrow(expect.objectContaining({ code: "token_invalid" }));
		}
	});

	test("with a secret that's too short is a mistake of the configuration", async () => {
		const invalid = { code: "configuration_invalid" };
		expect(() => identityByHmac("short", "x", "00")).toThrow(expect.objectContaining(invalid));
		await expect(identityByJwt({ ...options, secret: "short" }, jwt(good))).rejects.toMatchObject(invalid);
	});
});

describe("an OpenID provider's tokens", () => {
	const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
	let provider: Server;
	let issuer = "";
	let fetched = 0;

	beforeAll(async () => {
		const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
		provider = createServer((request, response) => {
			fetched++;
			const isKeys = request.url === "/.well-known/jwks.json";
			response.writeHead(isKeys ? 200 : 404, { "content-type": "application/json" });
			response.end(JSON.stringify({ keys: [jwk] }));
		});
		await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
		issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
	});
	afterAll(() => new Promise((resolve) => provider.close(resolve)));

	const claims = { email: "Ada@example.com", email_verified: true, "cognito:groups": ["staff"] };
	function idToken(
		changed: object = {},
		key: KeyObject = privateKey,
		{ aud = "client-1", iss = issuer, exp = "1h" } = {},
	) {
		return new SignJWT({ ...claims, ...changed })
			.setProtectedHeader({ alg: "RS256", kid: "k1" })
			.setSubject("cognito-sub")
			.setAudience(aud)
			.setIssuer(iss)
			.setExpirationTime(exp)
			.sign(key);
	}

	async function given(options: Partial<OidcOptions> = {}) {
		const gate = new Gate({ topic: "oidc", storage: new MemoryStorage(), clock });
		const ada = await gate.ada();
		const { agents, accounts } = gate;
		const others = oidcTokens({ issuer, audience: "client-1", app: APP, agents, ...options });
		return { ada, gate, access: new AgentAccess({ secret: SECRET, agents, accounts, others }) };
	}

	test("let in the agent with that e-mail, beside our own tokens", async () => {
		const { ada, gate, access } = await given();
		const token = await idToken();
		const until = expect.any(Number);
		expect(await access.verify(token)).toEqual({ subject: ada.id, role: "agent", name: "Ada", apps: [APP], until });
		expect(await access.actor(APP, token)).toMatchObject({ agentId: ada.id, departments: ["sales"] });
		const own = await gate.login("ada@example.com");
		expect(await access.verify(own.accessToken)).toMatchObject({ subject: ada.id });
		const before = fetched;
		await access.verify(await idToken());
		expect(fetched).toBe(before);
	});

	test("make an admin of who is in the admins' group", async () => {
		const { access } = await given({ adminGroup: "staff" });
		expect(await access.verify(await idToken())).toMatchObject({ role: "admin" });
		expect(await access.verify(await idToken({ "cognito:groups": ["others"] }))).toMatchObject({ role: "agent" });
		expect(await access.verify(await idToken({ "cognito:groups": undefined }))).toMatchObject({ role: "agent" });
	});

	test.each<[string, () => Promise<string> | string]>([
		["signed by somebody else", () => idToken({}, stranger.privateKey)],
		["for another client", () => idToken({}, privateKey, { aud: "client-2" })],
		["of another issuer", () => idToken({}, privateKey, { iss: "https://elsewhere.example.com" })],
		["expired", () => idToken({}, privateKey, { exp: "-1h" })],
		["with an e-mail that isn't verified", () => idToken({ email_verified: false })],
		["with nobody's e-mail", () => idToken({ email: "eve@example.com" })],
		[
			"signed with the public key as if it were a secret",
			() => {
				const key = publicKey.export({ type: "spki", format: "pem" });
				return jwt({ ...claims, sub: "x", iss: issuer, aud: "client-1", exp: now + 60 }, { key, kid: "k1" });
			},
		],
		[
			"without a signature",
			() => jwt({ ...claims, sub: "x", iss: issuer, aud: "client-1", exp: now + 60 }, { alg: "none" }),
		],
		["that's no token", () => "nonsense"],
	])("are refused: %s", async (_, make) => {
		const { access } = await given();
		await expect(access.verify(await make())).rejects.toMatchObject({ code: "agent_token_invalid" });
	});

	test("are nothing where no provider is configured", async () => {
		const { gate } = await given();
		await expect(gate.access.verify(await idToken())).rejects.toMatchObject({ code: "agent_token_invalid" });
	});
});
