import { describe, expect, test } from "@jest/globals";
import { createAgentToken } from "../../../src/connectors/admin/agentToken.js";
import { FIRST_ADMIN_EMAIL } from "../../../src/crm/access/Accounts.js";
import type { Actor } from "../../../src/crm/access/Actor.js";
import { ATTEMPT_LIMITS } from "../../../src/crm/access/Attempts.js";
import { TICKET_S } from "../../../src/crm/access/ConnectTickets.js";
import {
	accounts as accountRecords,
	apiKeys as apiKeyRecords,
	connectTickets,
} from "../../../src/crm/access/records.js";
import { onEveryStorage } from "../agents/everyStorage.js";
import { APP, CHEAP, Gate, PASSWORD, SECRET } from "./given.js";

await onEveryStorage((place) => {
	const gate = () => new Gate(place());

	describe("signing in", () => {
		test("gives tokens for who has the password, whatever the e-mail's case", async () => {
			const g = gate();
			const ada = await g.ada("admin");
			const signedIn = await g.login("ADA@example.com");
			expect(signedIn).toMatchObject({ agent: { id: ada.id, name: "Ada" }, role: "admin", expiresIn: 3600 });
			const identity = { subject: ada.id, role: "admin", name: "Ada", apps: [APP] };
			expect(await g.access.verify(signedIn.accessToken)).toMatchObject(identity);
			expect(await g.access.actor(APP, signedIn.accessToken)).toEqual({
				role: "admin",
				app: APP,
				agentId: ada.id,
				departments: ["sales"],
				version: 0,
			});
			await expect(g.access.actor("other", signedIn.accessToken)).rejects.toMatchObject({
				code: "agent_token_invalid",
			});
		});

		test.each<[string, string, string]>([
			["a wrong password", "ada@example.com", `${PASSWORD}!`],
			["nobody's e-mail", "eve@example.com", PASSWORD],
			["an agent's who has no password", "bob@example.com", PASSWORD],
			["no e-mail at all", "ada", PASSWORD],
		])("is refused with %s, in the same words", async (_, email, password) => {
			const g = gate();
			await g.ada();
			await g.agents.create(APP, { email: "bob@example.com", name: "Bob" });
			const refusal = { code: "credentials_invalid", message: "The e-mail address or the password is wrong." };
			await expect(g.login(email, password)).rejects.toMatchObject(refusal);
			await expect(g.signIn.login("other", { email, password }, "192.0.2.1")).rejects.toMatchObject(refusal);
		});

		test("is throttled by e-mail, by all processes together, also where guesses come at once", async () => {
			const here = gate();
			const there = new Gate(here.place);
			await here.ada();
			const guess = (g: Gate, i: number) => g.login("ada@example.com", `wrong ${i}`, `192.0.2.${i}`);
			const tries = await Promise.allSettled(Array.from({ length: 30 }, (_, i) => guess(i % 2 ? here : there, i)));
			const codes = tries.map((each) => (each.status === "rejected" ? each.reason.code : "in"));
			expect(codes.filter((code) => code === "credentials_invalid")).toHaveLength(ATTEMPT_LIMITS.email);
			expect(codes.filter((code) => code === "too_many_attempts")).toHaveLength(30 - ATTEMPT_LIMITS.email);
			const throttled = await here.login("Ada@example.com ").catch((error) => error);
			expect(throttled).toMatchObject({ code: "too_many_attempts", retryable: true });
			expect(throttled.retryAfterSeconds).toBeGreaterThan(0);
			expect(throttled.retryAfterSeconds).toBeLessThanOrEqual(15 * 60);
			here.place.clock.advance(throttled.retryAfterSeconds * 1_000);
			await expect(here.login("ada@example.com")).resolves.toMatchObject({ role: "agent" });
		});

		test("that succeeds forgives the mistakes before it", async () => {
			const g = gate();
			await g.ada();
			for (let round = 0; round < 3; round++) {
				for (let i = 1; i < ATTEMPT_LIMITS.email; i++) {
					await expect(g.login("ada@example.com", "wrong")).rejects.toMatchObject({ code: "credentials_invalid" });
				}
				await expect(g.login("ada@example.com")).resolves.toBeDefined();
			}
		});

		test("is throttled by address, whoever it tries to be", async () => {
			const g = gate();
			await g.ada();
			for (let i = 0; i < ATTEMPT_LIMITS.address; i++) {
				await expect(g.login(`guess${i}@example.com`)).rejects.toMatchObject({ code: "credentials_invalid" });
			}
			await expect(g.login("ada@example.com")).rejects.toMatchObject({ code: "too_many_attempts" });
			await expect(g.login("ada@example.com", PASSWORD, "192.0.2.2")).resolves.toBeDefined();
		});

		test("hashes a password anew when its cost has changed, and the old one is still the password", async () => {
			const g = gate();
			const { id } = await g.ada();
			const stored = async () =>
				(await g.place.storage.get(accountRecords, [`${g.place.topic}/${APP}/${id}`]))?.password;
			expect(await stored()).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/);
			const dearer = new Gate(g.place, { ...CHEAP, logN: 5 });
			await dearer.login("ada@example.com");
			expect(await stored()).toMatch(/^\$scrypt\$ln=5,r=8,p=1\$/);
			await expect(dearer.login("ada@example.com")).resolves.toBeDefined();
			await expect(dearer.login("ada@example.com", "another one")).rejects.toMatchObject({
				code: "credentials_invalid",
			});
		});
	});

	describe("staying signed in", () => {
		test("a refresh token is good once, and gives the next", async () => {
			const g = gate();
			await g.ada();
			const first = await g.login("ada@example.com");
			const second = await g.signIn.refresh(APP, first.refreshToken);
			expect(await g.access.verify(second.accessToken)).toMatchObject({ subject: first.agent.id });
			const third = await g.signIn.refresh(APP, second.refreshToken);
			expect(third.refreshToken).not.toBe(second.refreshToken);
		});

		test("used again, it ends the sign-in for both who have it, and no other sign-in", async () => {
			const g = gate();
			await g.ada();
			const other = await g.login("ada@example.com");
			const first = await g.login("ada@example.com");
			const stolen = await g.signIn.refresh(APP, first.refreshToken);
			await expect(g.signIn.refresh(APP, first.refreshToken)).rejects.toMatchObject({ code: "token_invalid" });
			await expect(g.signIn.refresh(APP, stolen.refreshToken)).rejects.toMatchObject({ code: "token_invalid" });
			await expect(g.signIn.refresh(APP, other.refreshToken)).resolves.toBeDefined();
		});

		test("of many uses at once at most one gets in", async () => {
			const g = gate();
			await g.ada();
			const { refreshToken } = await g.login("ada@example.com");
			const uses = await Promise.allSettled([1, 2, 3, 4].map(() => g.signIn.refresh(APP, refreshToken)));
			expect(uses.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		});

		test("an access token is no refresh token, nor the other way, nor one for another app or after its end", async () => {
			const g = gate();
			await g.ada();
			const { accessToken, refreshToken } = await g.login("ada@example.com");
			const invalid = { code: "token_invalid" };
			await expect(g.signIn.refresh(APP, accessToken)).rejects.toMatchObject(invalid);
			await expect(g.signIn.refresh("other", refreshToken)).rejects.toMatchObject(invalid);
			await expect(g.signIn.refresh(APP, "nonsense")).rejects.toMatchObject(invalid);
			await expect(g.access.verify(refreshToken)).rejects.toMatchObject({ code: "agent_token_invalid" });
			g.place.clock.advance(15 * 24 * 3_600_000);
			await expect(g.signIn.refresh(APP, refreshToken)).rejects.toMatchObject(invalid);
		});

		test("signing out ends it", async () => {
			const g = gate();
			await g.ada();
			const { refreshToken } = await g.login("ada@example.com");
			await g.signIn.logout(APP, refreshToken);
			await expect(g.signIn.refresh(APP, refreshToken)).rejects.toMatchObject({ code: "token_invalid" });
		});
	});

	describe("revocation", () => {
		test.each<[string, (g: Gate, id: string) => Promise<void>]>([
			["by an admin", (g, id) => g.accounts.revoke(APP, id)],
			["by a new password", (g, id) => g.accounts.setPassword(APP, id, "another password")],
			["by another role", (g, id) => g.accounts.setRole(APP, id, "admin")],
		])("%s ends all tokens that were made, and says whose", async (_, revoke) => {
			const g = gate();
			const { id } = await g.ada();
			const { accessToken, refreshToken } = await g.login("ada@example.com");
			await revoke(g, id);
			expect(g.revoked).toEqual([id]);
			await expect(g.access.verify(accessToken)).rejects.toMatchObject({ code: "agent_token_invalid" });
			await expect(g.signIn.refresh(APP, refreshToken)).rejects.toMatchObject({ code: "token_invalid" });
		});

		test("of nobody is an error", async () => {
			await expect(gate().accounts.revoke(APP, "nobody")).rejects.toMatchObject({ code: "agent_unknown" });
		});

		test("a token without a version is good for whom the CRM doesn't know, and for no agent of it", async () => {
			const g = gate();
			const { id } = await g.ada();
			const made = (subject: string, apps?: string[]) => createAgentToken({ secret: SECRET, subject, apps });
			expect(await g.access.verify(await made("operator"))).toMatchObject({ subject: "operator", role: "agent" });
			await expect(g.access.verify(await made(id, [APP]))).rejects.toMatchObject({ code: "agent_token_invalid" });
			await expect(g.access.actor(APP, await made(id))).rejects.toMatchObject({ code: "agent_token_invalid" });
		});
	});

	describe("accounts", () => {
		test("are made with their agent, or neither is", async () => {
			const g = gate();
			await g.ada();
			await expect(g.ada()).rejects.toMatchObject({ code: "agent_email_taken" });
			const short = g.accounts.create(APP, { email: "bob@example.com", name: "Bob" }, { password: "short" });
			await expect(short).rejects.toMatchObject({ code: "invalid_input" });
			expect((await g.agents.list(APP)).agents).toHaveLength(1);
		});

		test("the first start makes an admin with a password that's told once", async () => {
			const g = gate();
			const made = await g.accounts.makeFirstAdmin(APP);
			expect(made?.agent.email).toBe(FIRST_ADMIN_EMAIL);
			expect(made?.madePassword).toMatch(/^[\w-]{20}$/);
			expect(await g.login(FIRST_ADMIN_EMAIL, made?.madePassword)).toMatchObject({ role: "admin" });
			expect(await g.accounts.makeFirstAdmin(APP)).toBeUndefined();
			expect(await g.accounts.makeFirstAdmin(APP, { email: "eve@example.com", password: PASSWORD })).toBeUndefined();
			expect((await g.agents.list(APP)).agents).toHaveLength(1);
		});

		test("the first start takes the given e-mail and password, and tells no password", async () => {
			const g = gate();
			const made = await g.accounts.makeFirstAdmin(APP, { email: "Boss@example.com", password: PASSWORD });
			expect(made).toMatchObject({ agent: { email: "boss@example.com" }, madePassword: undefined });
			expect(await g.login("boss@example.com")).toMatchObject({ role: "admin" });
		});

		test("several first starts at once make one admin", async () => {
			const g = gate();
			const made = await Promise.all([1, 2, 3].map(() => new Gate(g.place).accounts.makeFirstAdmin(APP)));
			expect(made.filter(Boolean)).toHaveLength(1);
			expect((await g.agents.list(APP)).agents).toHaveLength(1);
		});
	});

	describe("API keys", () => {
		test("let a server in with its scopes until they're revoked, and can't be read again", async () => {
			const g = gate();
			const { key, id } = await g.apiKeys.create("my.app", { name: "ERP", scopes: ["customers:read"] });
			const actor = { role: "server", app: "my.app", keyId: id, scopes: ["customers:read"] };
			expect(await g.apiKeys.verify(key)).toEqual(actor);
			expect((await g.apiKeys.list("my.app")).keys).toEqual([
				{ id, name: "ERP", scopes: ["customers:read"], createdAt: new Date(g.place.clock.now).toISOString() },
			]);
			const stored = await g.place.storage.get(apiKeyRecords, [`${g.place.topic}/my.app/${id}`]);
			expect(JSON.stringify(stored)).not.toContain(key.slice(-43));
			expect((await g.apiKeys.list(APP)).keys).toEqual([]);
			await g.apiKeys.revoke(APP, id);
			expect(await g.apiKeys.verify(key)).toEqual(actor);
			await g.apiKeys.revoke("my.app", id);
			await expect(g.apiKeys.verify(key)).rejects.toMatchObject({ code: "token_invalid" });
		});

		test("changed in any part are refused", async () => {
			const g = gate();
			const { key, id } = await g.apiKeys.create(APP, { name: "ERP", scopes: ["customers:read"] });
			const other = await g.apiKeys.create(APP, { name: "CMS", scopes: ["agents:write"] });
			const secret = key.slice(-43);
			const wrong = [
				"",
				"scr",
				key.slice(0, -1),
				`${key}x`,
				key.replace("scr.", "xyz."),
				`scr.other.${id}.${secret}`,
				`scr.${APP}.${other.id}.${secret}`,
				`scr.${APP}.${id}.${"A".repeat(43)}`,
			];
			for (const each of wrong) await expect(g.apiKeys.verify(each)).rejects.toMatchObject({ code: "token_invalid" });
		});

		test.each<[string, object]>([
			["no scope", { name: "x", scopes: [] }],
			["a scope that isn't", { name: "x", scopes: ["everything"] }],
			["no name", { name: "", scopes: ["agents:read"] }],
			["an unknown field", { name: "x", scopes: ["agents:read"], role: "admin" }],
		])("aren't made with %s", async (_, given) => {
			const made = gate().apiKeys.create(APP, given as { name: string; scopes: [] });
			await expect(made).rejects.toMatchObject({ code: "invalid_input" });
		});
	});

	describe("connect tickets", () => {
		const actor: Actor = { role: "agent", app: APP, agentId: "ada", departments: ["sales"] };

		test("stand for who got them, once", async () => {
			const g = gate();
			const { ticket, expiresIn } = await g.tickets.issue(actor);
			expect(expiresIn).toBe(TICKET_S);
			await expect(g.tickets.redeem("other", ticket)).rejects.toMatchObject({ code: "token_invalid" });
			expect(await g.tickets.redeem(APP, ticket)).toEqual({ actor });
			await expect(g.tickets.redeem(APP, ticket)).rejects.toMatchObject({ code: "token_invalid" });
		});

		test("used by many at once let one in", async () => {
			const g = gate();
			const { ticket } = await g.tickets.issue(actor);
			const uses = await Promise.allSettled([1, 2, 3, 4, 5].map(() => new Gate(g.place).tickets.redeem(APP, ticket)));
			expect(uses.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		});

		test("end with what they were got with, and tell when that is", async () => {
			const g = gate();
			const now = Math.floor(g.place.clock.now / 1_000);
			const { ticket } = await g.tickets.issue(actor, now + 10);
			expect(await g.tickets.redeem(APP, ticket)).toEqual({ actor, until: now + 10 });
			const { ticket: later } = await g.tickets.issue(actor, now + 10);
			g.place.clock.advance(11_000);
			await expect(g.tickets.redeem(APP, later)).rejects.toMatchObject({ code: "token_invalid" });
		});

		test("end by themselves, and aren't kept as they are", async () => {
			const g = gate();
			const { ticket } = await g.tickets.issue(actor);
			expect(await g.place.storage.get(connectTickets, [`${g.place.topic}/${APP}/${ticket}`])).toBeUndefined();
			g.place.clock.advance((TICKET_S + 1) * 1_000);
			await expect(g.tickets.redeem(APP, ticket)).rejects.toMatchObject({ code: "token_invalid" });
		});
	});
});
