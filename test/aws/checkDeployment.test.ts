import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { checkDeployment } from "../../src/aws/template/index.js";

const run = promisify(execFile);

const GOOD = {
	AWS_REGION: "eu-central-1",
	KEEP_DATA: "false",
	ALARM_EMAIL: "ops@example.com",
	LOG_RETENTION_DAYS: "30",
	FRAMES_PER_SECOND_IN_ALL: "500",
	ALLOWED_ORIGINS: "https://shop.example",
	OIDC_ISSUER: "https://cognito-idp.eu-central-1.amazonaws.com/pool",
	OIDC_AUDIENCE: "client",
	PUBLIC_DOMAIN: "chat.example.com",
	CONNECTION_DOMAIN: "connect.chat.example.com",
	CERTIFICATE_ARN: "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000",
	BOT_URL: "",
	MONITORING_PROVIDER: "sentry",
};

describe("the variables of a deployment", () => {
	test("may all be absent, or be right", () => {
		expect(() => checkDeployment({})).not.toThrow();
		expect(() => checkDeployment(GOOD)).not.toThrow();
	});

	test.each([
		["AWS_REGION", "Frankfurt"],
		["KEEP_DATA", "no"],
		["ALARM_EMAIL", "ops"],
		["LOG_RETENTION_DAYS", "31"],
		["APPS_SECRET_ID", "a secret"],
		["PUBLIC_DOMAIN", "https://chat.example.com"],
		["CONNECTION_DOMAIN", "chat"],
		["CERTIFICATE_ARN", "arn:aws:iam::123456789012:server-certificate/chat"],
		["REQUESTS_PER_SECOND_IN_ALL", "0"],
		["REQUEST_BURST_IN_ALL", "1e3"],
		["FRAMES_PER_SECOND_IN_ALL", "9999999"],
		["FRAME_BURST_IN_ALL", "-1"],
		["WEBHOOKS_PER_SECOND_IN_ALL", "none"],
		["WEBHOOK_BURST_IN_ALL", "0.5"],
		["CONNECTS_PER_SECOND_IN_ALL", "1_000"],
		["CONNECT_BURST_IN_ALL", "1000001"],
		["LOG_LEVEL", "loud"],
		["VISITOR_AUTH", "some"],
		["ALLOWED_ORIGINS", "shop.example"],
		["OIDC_ISSUER", "cognito"],
		["RETENTION_DAYS", "soon"],
		["BOT_URL", "bot.example"],
		["ADMIN_EMAIL", "admin"],
		["REQUESTS_PER_SECOND", "many"],
		["CONNECTION_SERVER_URL", "https://chat.example"],
		["JWT_SECRET", "a secret of thirty-two bytes or more"],
		["BOT_KEY", "key"],
		["MONITORING_PROVIDER", "pager"],
		["MONITORING_ENVIRONMENT", "my stage"],
		["SENTRY_DSN", "https://key@sentry.example/1"],
		["ADMIN_PASSWORD", "correct horse battery"],
	])("%s: %j is refused by a sentence that names it", (name, value) => {
		expect(() => checkDeployment({ [name]: value })).toThrow(
			expect.objectContaining({ code: "configuration_invalid", message: expect.stringMatching(name) }),
		);
	});

	test.each(["logtail.example", "http://logtail.example"])(
		"errors are sent to an https address, and not to %s",
		(url) => {
			const given = { MONITORING_PROVIDER: "logtail", LOGTAIL_HTTP_API_URL: url };
			expect(() => checkDeployment(given)).toThrow(/^LOGTAIL_HTTP_API_URL must be an https address/);
			expect(() => checkDeployment({ ...given, LOGTAIL_HTTP_API_URL: "https://logtail.example" })).not.toThrow();
		},
	);

	test.each([
		[{ CERTIFICATE_ARN: "" }, /^CERTIFICATE_ARN must be set/],
		[{ PUBLIC_DOMAIN: "", CONNECTION_DOMAIN: "" }, /^CERTIFICATE_ARN is for/],
		[{ CONNECTION_DOMAIN: "chat.example.com" }, /^PUBLIC_DOMAIN and CONNECTION_DOMAIN must differ/],
		[{ CONNECTION_SERVER_URL: "wss://chat.example.com/ws" }, /^CONNECTION_SERVER_URL is for/],
	])("of domains are whole, with %j", (changed, sentence) => {
		expect(() => checkDeployment({ ...GOOD, ...changed })).toThrow(sentence);
	});

	test.each([
		["MONITORING_PROVDER", "MONITORING_PROVIDER"],
		["CONNECTIONS_PER_ADRESS", "CONNECTIONS_PER_ADDRESS"],
		["LOG_RETENTION_DASY", "LOG_RETENTION_DAYS"],
		["ALARM_MAIL", "ALARM_EMAIL"],
		["APPS_SECRETS_ID", "APPS_SECRET_ID"],
		["LOGLEVEL", undefined],
		["TABLE_PREFIX", undefined],
	])("%s is taken to be a mistake for %s", (name, meant) => {
		const check = () => checkDeployment({ ...GOOD, [name]: "1" });
		if (meant === undefined) expect(check).not.toThrow();
		else expect(check).toThrow(`${name} isn't a setting; did you mean ${meant}?`);
	});

	test("may name one domain", () => {
		expect(() => checkDeployment({ ...GOOD, PUBLIC_DOMAIN: "" })).not.toThrow();
		expect(() => checkDeployment({ ...GOOD, CONNECTION_DOMAIN: "" })).not.toThrow();
	});

	test("say of whose apps they are in one way only", () => {
		expect(() => checkDeployment({ APPS_SECRET_ID: "apps", STUDIO_APP_ID: "shop" })).toThrow(/APPS_SECRET_ID/);
	});
});

const { PATH } = process.env;

test("the script says what is wrong and fails, or says nothing", async () => {
	const check = (env: Record<string, string | undefined>) =>
		run(process.execPath, ["scripts/check-deployment.mjs"], { env: { PATH, ...env } });
	await expect(check({})).resolves.toEqual({ stdout: "", stderr: "" });
	await expect(check({ KEEP_DATA: "maybe" })).rejects.toMatchObject({
		code: 1,
		stderr: expect.stringMatching(/^Not deployed: KEEP_DATA must be/),
	});
});

test("a wrong one keeps the service from being packed", async () => {
	const env = { PATH, LOG_LEVEL: "loud", SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1" };
	const folder = mkdtempSync(join(tmpdir(), "osls-checked-"));
	const cli = "node_modules/serverless/bin/serverless.js";
	try {
		const packed = run(process.execPath, [cli, "package", "--stage", "test", "--package", folder], { env });
		await expect(packed).rejects.toMatchObject({
			stderr: expect.stringMatching(/Not deployed: LOG_LEVEL must be one of/),
		});
		expect(readdirSync(folder)).toEqual([]);
	} finally {
		rmSync(folder, { recursive: true });
	}
}, 120_000);
