import { afterEach, expect, test } from "@jest/globals";
import type { Fields, Monitor } from "../../src/monitoring/Monitor.js";
import type { Reporting } from "../../src/monitoring/reports/providers.js";
import { ReportingMonitor } from "../../src/monitoring/reports/ReportingMonitor.js";
import { provider, type Received, sentryTakes } from "../support/provider.js";

const closables: (() => void)[] = [];
afterEach(() => {
	for (const close of closables.splice(0)) close();
});

async function givenProvider(accepts: (received: Received) => boolean, delayMs = 0) {
	const standIn = await provider(accepts, { delayMs });
	closables.push(() => standIn.close());
	return standIn;
}

function givenLog() {
	const lines: { level: string; event: string; fields?: Fields }[] = [];
	const at = (level: string) => (event: string, fields?: Fields) => void lines.push({ level, event, fields });
	const log: Monitor = {
		debug: at("debug"),
		info: at("info"),
		warn: at("warn"),
		error: (event, _, fields) => void lines.push({ level: "error", event, fields }),
	};
	return { log, lines };
}

const cause = Object.assign(new TypeError("no such table"), { request: { headers: { authorization: "a secret" } } });
const failure = new Error("could not be stored", { cause });

async function reported(reporting: Reporting) {
	const { log, lines } = givenLog();
	const monitor = new ReportingMonitor(log, reporting);
	monitor.info("connected", { app: "shop" });
	monitor.error("frame failed", failure, { app: "shop", seq: 7 });
	await monitor.idle();
	expect(lines.slice(0, 2)).toEqual([
		{ level: "info", event: "connected", fields: { app: "shop" } },
		{ level: "error", event: "frame failed", fields: { app: "shop", seq: 7 } },
	]);
	return lines.slice(2);
}

test("Sentry is sent an envelope with the error and its cause", async () => {
	const { received, host } = await givenProvider(sentryTakes);
	expect(await reported({ environment: "staging", provider: "sentry", dsn: `http://public@${host}/42` })).toEqual([]);
	const event = JSON.parse(received[0]?.body.split("\n")[2] ?? "");
	expect(event).toMatchObject({
		environment: "staging",
		platform: "node",
		level: "error",
		transaction: "frame failed",
		tags: { seq: "7" },
	});
	expect(event.exception.values).toEqual([
		{ type: "TypeError", value: "no such table" },
		{ type: "Error", value: "could not be stored" },
	]);
	expect(received[0]?.body).not.toContain("a secret");
});

test("Rollbar is sent an item with a trace for the error and its cause", async () => {
	const { received, host } = await givenProvider(({ headers }) => headers["x-rollbar-access-token"] === "token");
	expect(
		await reported({ environment: "staging", provider: "rollbar", token: "token", url: `http://${host}/api/1/item/` }),
	).toEqual([]);
	const { data } = JSON.parse(received[0]?.body ?? "");
	expect(data).toMatchObject({ environment: "staging", level: "error", custom: { app: "shop", seq: 7 } });
	const [outer, inner] = data.body.trace_chain;
	expect(outer).toMatchObject({ exception: { class: "Error", message: "could not be stored" } });
	expect(outer.frames.length).toBeGreaterThan(0);
	expect(inner).toMatchObject({ exception: { class: "TypeError", message: "no such table" } });
	expect(received[0]?.body).not.toContain("a secret");
});

test("Logtail is sent a log event", async () => {
	const { received, host } = await givenProvider(({ headers }) => headers.authorization === "Bearer token");
	expect(
		await reported({ environment: "staging", provider: "logtail", token: "token", url: `http://${host}` }),
	).toEqual([]);
	const event = JSON.parse(received[0]?.body ?? "");
	expect(event).toMatchObject({ environment: "staging", level: "error", message: "frame failed", app: "shop", seq: 7 });
	expect(Date.parse(event.dt)).toBeGreaterThan(Date.now() - 60_000);
	expect(event.error).toMatchObject({ message: "could not be stored", cause: { message: "no such table" } });
	expect(received[0]?.body).not.toContain("a secret");
});

test("one that refuses, or can't be reached, is told of in the log, and nothing is thrown", async () => {
	const { host } = await givenProvider(() => false);
	expect(
		await reported({ environment: "staging", provider: "logtail", token: "wrong", url: `http://${host}` }),
	).toEqual([{ level: "warn", event: "error not reported", fields: { provider: "logtail", status: 403 } }]);
	expect(
		await reported({ environment: "staging", provider: "logtail", token: "wrong", url: "http://127.0.0.1:1" }),
	).toEqual([
		{ level: "warn", event: "error not reported", fields: { provider: "logtail", reason: expect.any(String) } },
	]);
});

test("one that is slow is given up, and of a storm of errors only some are sent", async () => {
	const { received, host } = await givenProvider(() => true, 60_000);
	const { log, lines } = givenLog();
	const monitor = new ReportingMonitor(log, {
		environment: "staging",
		provider: "logtail",
		token: "token",
		url: `http://${host}`,
	});
	for (let i = 0; i < 100; i++) monitor.error("storm", failure);
	await monitor.idle();
	expect(received.length).toBeLessThanOrEqual(10);
	expect(lines.filter(({ level }) => level === "error")).toHaveLength(100);
	expect(lines.filter(({ event }) => event === "error not reported")).toHaveLength(10);
});
