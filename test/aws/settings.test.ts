import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, test } from "@jest/globals";
import { readAwsSettings } from "../../src/aws/settings.js";

const SECRET = "x".repeat(32);
const given = {
	TABLE_PREFIX: "chat-dev-",
	FILES_BUCKET: "files",
	FILES_URL: "https://files.example.com",
	JWT_SECRET: SECRET,
};

/** Secrets Manager with these secrets. */
function holding(secrets: Record<string, string>): Pick<SecretsManagerClient, "send"> {
	const send = async ({ input }: { input: { SecretId: string } }) => {
		const SecretString = secrets[input.SecretId];
		if (SecretString === undefined) throw Object.assign(new Error(), { name: "ResourceNotFoundException" });
		return { SecretString };
	};
	return { send } as unknown as Pick<SecretsManagerClient, "send">;
}

describe("settings of functions", () => {
	test("are the server's, and where the parts are", async () => {
		const settings = await readAwsSettings({ ...given, BOT_URL: "https://bot.example.com", RETENTION_DAYS: "30" });
		expect(settings).toMatchObject({
			tablePrefix: "chat-dev-",
			bucket: "files",
			filesUrl: given.FILES_URL,
			jwtSecret: SECRET,
		});
		expect(settings).toMatchObject({ botUrl: "https://bot.example.com", retentionDays: 30, visitorAuth: "open" });
	});

	test("may be in secrets; the environment goes before them, an empty variable counts as none", async () => {
		const client = holding({
			a: JSON.stringify({ JWT_SECRET: SECRET, BOT_KEY: "of the secret", BOT_NAME: "Ada" }),
			b: JSON.stringify({ ADMIN_PASSWORD: "of another" }),
		});
		const settings = await readAwsSettings(
			{ ...given, JWT_SECRET: "", BOT_NAME: "Grace", SETTINGS_SECRETS: "a, b" },
			client,
		);
		expect(settings).toMatchObject({
			jwtSecret: SECRET,
			botKey: "of the secret",
			botName: "Grace",
			adminPassword: "of another",
		});
	});

	test("say where errors are reported, by a key that is in a secret", async () => {
		const client = holding({ a: JSON.stringify({ SENTRY_DSN: "https://key@sentry.example/1" }) });
		const settings = await readAwsSettings({ ...given, MONITORING_PROVIDER: "sentry", SETTINGS_SECRETS: "a" }, client);
		expect(settings.reporting).toMatchObject({ provider: "sentry", dsn: "https://key@sentry.example/1" });
		expect(await readAwsSettings(given)).toMatchObject({ reporting: undefined });
	});

	test.each([
		[{ TABLE_PREFIX: "" }, "TABLE_PREFIX must be set."],
		[{ TABLE_PREFIX: "a b" }, /^TABLE_PREFIX may hold/],
		[{ FILES_BUCKET: "" }, "FILES_BUCKET must be set."],
		[{ FILES_URL: "files" }, /^FILES_URL must be/],
		[{ PUBLIC_URL: "ftp://x" }, /^PUBLIC_URL must be/],
		[{ JWT_SECRET: "" }, "JWT_SECRET must be set, or be in one of SETTINGS_SECRETS."],
		[{ JWT_SECRET: "short" }, /^JWT_SECRET must have/],
		[{ MONITORING_PROVIDER: "sentry" }, "SENTRY_DSN must be set for MONITORING_PROVIDER=sentry."],
		[{ SETTINGS_SECRETS: "none" }, "The secret none could not be read (ResourceNotFoundException)."],
		[{ SETTINGS_SECRETS: "text" }, /^The secret text must hold a JSON object/],
	])("refuse %j by name", async (wrong, message) => {
		const client = holding({ text: "hush" });
		const error = await readAwsSettings({ ...given, ...wrong }, client).catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({ code: "configuration_invalid" });
		expect((error as Error).message).toMatch(message);
		expect(String((error as Error).cause ?? "")).not.toContain("hush");
	});
});
