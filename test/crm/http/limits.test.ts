import { describe, expect, test } from "@jest/globals";
import { DEFAULT_LIMITS } from "../../../src/crm/http/ApiPorts.js";
import { RateLimit } from "../../../src/crm/http/RateLimit.js";
import { networkOf } from "../../../src/protocol/networkOf.js";
import { APP, Office } from "./given.js";

const few = { perSecond: 0.5, burst: 3 };

describe("too many requests", () => {
	test("of one address are refused, and it's told when to come again", async () => {
		const office = await Office.open({ limits: { ...DEFAULT_LIMITS, perAddress: few } });
		for (let sent = 0; sent < 3; sent++) expect((await office.ask("GET", "/api/me")).status).toBe(401);
		const answer = await office.ask("GET", "/api/me");
		expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "2"]);
		expect(await answer.json()).toMatchObject({ code: "rate_limited", retryable: true });
	});

	test("of one actor are refused, whichever token they bring; others aren't", async () => {
		const office = await Office.open({ limits: { ...DEFAULT_LIMITS, perActor: few } });
		const ada = await office.crm.customers.create(APP, { email: "ada@example.com", name: "Ada" });
		const tokens = [
			await office.crm.customerTokens.issue(APP, ada.id, "1"),
			await office.crm.customerTokens.issue(APP, ada.id, "2"),
		];
		const statuses: number[] = [];
		for (const token of [...tokens, ...tokens]) statuses.push((await office.ask("GET", "/api/me", { token })).status);
		expect(statuses).toEqual([200, 200, 200, 429]);
		expect((await office.ask("GET", "/api/me", { token: await office.staff() })).status).toBe(200);
	});

	test("guesses of a password are counted, and Retry-After says when to go on", async () => {
		const office = await Office.open();
		await office.agent({ email: "ada@example.com" });
		const body = JSON.stringify({ email: "ada@example.com", password: "a wrong password" });
		const codes: string[] = [];
		for (let tries = 0; tries < 11; tries++) {
			const answer = await office.ask("POST", "/api/auth/login", { body });
			codes.push(((await answer.json()) as { code: string }).code);
			if (answer.status === 429) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
		}
		expect(codes).toEqual([...Array(10).fill("credentials_invalid"), "too_many_attempts"]);
	});
});

describe("a rate limit", () => {
	test("fills up again, and never over its burst", () => {
		let now = 0;
		const limit = new RateLimit({ perSecond: 2, burst: 2 }, () => now);
		const taken = () => {
			try {
				limit.take("a");
				return true;
			} catch {
				return false;
			}
		};
		expect([taken(), taken(), taken()]).toEqual([true, true, false]);
		now += 500;
		expect([taken(), taken()]).toEqual([true, false]);
		now += 60_000;
		expect([taken(), taken(), taken()]).toEqual([true, true, false]);
	});

	test.each([
		["192.0.2.1", "192.0.2.1"],
		["::ffff:192.0.2.1", "192.0.2.1"],
		["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
		["2001:db8:1:2::9", "2001:db8:1:2"],
		["::1", "0:0:0:0"],
		["unknown", "unknown"],
	])("of %s counts for %s", (address, network) => {
		expect(networkOf(address)).toBe(network);
	});
});
