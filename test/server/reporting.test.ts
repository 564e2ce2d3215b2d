import { expect, test } from "@jest/globals";
import { readReporting } from "../../src/server/reportingSettings.js";

test("where errors are sent is read of the environment; by default nowhere", () => {
	expect(readReporting({})).toBeUndefined();
	expect(readReporting({ MONITORING_PROVIDER: "", SENTRY_DSN: "https://key@sentry.example/1" })).toBeUndefined();
	const SENTRY_DSN = "https://key@sentry.example/1";
	expect(readReporting({ MONITORING_PROVIDER: "sentry", SENTRY_DSN })).toEqual({
		environment: "production",
		provider: "sentry",
		dsn: SENTRY_DSN,
	});
	const rollbar = { MONITORING_PROVIDER: "rollbar", ROLLBAR_ACCESS_TOKEN: "t" };
	expect(readReporting({ ...rollbar, MONITORING_ENVIRONMENT: "staging" })).toEqual({
		environment: "staging",
		provider: "rollbar",
		token: "t",
	});
	expect(readReporting({ MONITORING_PROVIDER: "logtail", LOGTAIL_TOKEN: "t" })).toEqual({
		environment: "production",
		provider: "logtail",
		token: "t",
		url: "https://in.logs.betterstack.com",
	});
});

test.each([
	[{ MONITORING_PROVIDER: "pager" }, "MONITORING_PROVIDER"],
	[{ MONITORING_PROVIDER: "sentry" }, "SENTRY_DSN"],
	[{ MONITORING_PROVIDER: "sentry", SENTRY_DSN: "key" }, "SENTRY_DSN"],
	[{ MONITORING_PROVIDER: "rollbar" }, "ROLLBAR_ACCESS_TOKEN"],
	[{ MONITORING_PROVIDER: "logtail" }, "LOGTAIL_TOKEN"],
	[
		{ MONITORING_PROVIDER: "rollbar", ROLLBAR_ACCESS_TOKEN: "t", MONITORING_ENVIRONMENT: "a b" },
		"MONITORING_ENVIRONMENT",
	],
	[
		{ MONITORING_PROVIDER: "rollbar", ROLLBAR_ACCESS_TOKEN: "t", MONITORING_ENVIRONMENT: "a/b" },
		"MONITORING_ENVIRONMENT",
	],
	[
		{ MONITORING_PROVIDER: "rollbar", ROLLBAR_ACCESS_TOKEN: "t", MONITORING_ENVIRONMENT: "None" },
		"MONITORING_ENVIRONMENT",
	],
	[{ MONITORING_PROVIDER: "logtail", LOGTAIL_TOKEN: "t", LOGTAIL_HTTP_API_URL: "ftp://logs" }, "LOGTAIL_HTTP_API_URL"],
])("%j is refused by a sentence that names %s", (environment, name) => {
	expect(() => readReporting(environment)).toThrow(
		expect.objectContaining({ code: "configuration_invalid", message: expect.stringMatching(name) }),
	);
});
