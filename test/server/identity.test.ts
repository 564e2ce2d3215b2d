import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { dataOf, restClient } from "../../src/client/index.js";
import { ChatWire } from "./ChatWire.js";
import { afterwards, givenServer, refusal } from "./given.js";

const ADMIN = { ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: "correct horse battery" };
const IDENTITY_SECRET = "what the site and the chat share.";
const USER = JSON.stringify({ email: "ada@example.com", name: "Ada" });

function vouched(sub: string, secret = IDENTITY_SECRET): Promise<string> {
	return new SignJWT({ email: "ada@example.com", name: "Ada" })
		.setProtectedHeader({ alg: "HS256" })
		.setSubject(sub)
		.setAudience("default")
		.setExpirationTime("5m")
		.sign(Buffer.from(secret));
}

test("whom the site vouches for is one customer, by token or by HMAC, and goes on with their conversations", async () => {
	const { url, wsUrl } = await givenServer({ IDENTITY_SECRET, VISITOR_AUTH: "strict" });
	const token = await vouched("ada-1");
	const first = await (await ChatWire.connect(wsUrl, { user: USER, token })).greeting();
	const { conversationId } = first;
	const again = await (await ChatWire.connect(wsUrl, { user: USER, token, conversationId })).greeting();
	expect(again).toMatchObject({ conversationId, customerId: first.customerId });

	const client = restClient({ url, token });
	expect(await dataOf(client.api.me.$get())).toMatchObject({ role: "customer", customer: { id: first.customerId } });
	const hmac = createHmac("sha256", IDENTITY_SECRET).update("ada-1").digest("hex");
	const headers = { "x-identity-id": "ada-1", "x-identity-hmac": hmac };
	const me = (await (await fetch(`${url}/api/me`, { headers })).json()) as { data: { customer: { id: string } } };
	expect(me.data.customer.id).toBe(first.customerId);
});

test("without proof a conversation that is there isn't gone on with where VISITOR_AUTH is strict", async () => {
	const { wsUrl } = await givenServer({ IDENTITY_SECRET, VISITOR_AUTH: "strict" });
	const first = await (await ChatWire.connect(wsUrl, { user: USER })).greeting();
	const { conversationId, token } = first;
	const unproved = await (await ChatWire.connect(wsUrl, { user: USER, conversationId })).greeting();
	expect(unproved.conversationId).not.toBe(conversationId);
	const proved = await (await ChatWire.connect(wsUrl, { user: USER, conversationId, token })).greeting();
	expect(proved.conversationId).toBe(conversationId);
	const forged = await vouched("ada-1", "not what the site and chat share.");
	const query = new URLSearchParams({ user: USER, conversationId, token: forged });
	expect(await refusal(`${wsUrl}?${query}`)).toMatchObject({ status: 401 });
});

test("agents sign in at an OpenID provider", async () => {
	const { publicKey, privateKey } = await generateKeyPair("RS256");
	const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "RS256" };
	const provider = createServer((_, response) => response.end(JSON.stringify({ keys: [jwk] })));
	provider.listen(0, "127.0.0.1");
	await once(provider, "listening");
	afterwards(() => provider.close());
	const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
	const settings = {
		OIDC_ISSUER: issuer,
		OIDC_AUDIENCE: "desk",
		OIDC_ADMIN_GROUP: "admins",
		OIDC_GROUPS_CLAIM: "groups",
	};
	const { url, firstAdmin } = await givenServer({ ...ADMIN, ...settings });
	await firstAdmin;
	const idToken = (email: string, groups: string[]) =>
		new SignJWT({ email, email_verified: true, groups })
			.setProtectedHeader({ alg: "RS256", kid: "1" })
			.setSubject("provider-id")
			.setIssuer(issuer)
			.setAudience("desk")
			.setExpirationTime("5m")
			.sign(privateKey);
	const roleOf = async (token: string) => {
		const response = await restClient({ url, token }).api.me.$get();
		return response.status === 200 ? (await response.json()).data.role : response.status;
	};
	expect(await roleOf(await idToken(ADMIN.ADMIN_EMAIL, ["admins"]))).toBe("admin");
	expect(await roleOf(await idToken(ADMIN.ADMIN_EMAIL, []))).toBe("agent");
	expect(await roleOf(await idToken("nobody@example.com", ["admins"]))).toBe(401);
});
