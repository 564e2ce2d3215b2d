import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { jwtSecretIn, prepareDataDir } from "../../src/server/dataDir.js";
import { loadEnvironment, readSettings } from "../../src/server/index.js";
import { temporaryFolder } from "./given.js";

const refusalOf = (environment: Record<string, string>): string => {
	try {
		readSettings(environment);
	} catch (error) {
		expect(error).toMatchObject({ code: "configuration_invalid" });
		return (error as Error).message;
	}
	throw new Error("It was taken.");
};

describe("settings", () => {
	test("have defaults that work; an empty variable counts as none", () => {
		const defaults = readSettings({});
		expect(defaults).toMatchObject({ port: 3000, host: "127.0.0.1", allowedOrigins: [], logLevel: "warn" });
		expect(defaults).toMatchObject({ maxConnections: 10_000, framesPerSecond: 50, frameBurst: 200 });
		expect(defaults.dataDir).toBe(join(process.cwd(), ".data"));
		expect(readSettings({ PORT: "", BOT_URL: "", ALLOWED_ORIGINS: "", JWT_SECRET: "" })).toEqual(defaults);
	});

	test("are read from their variables", () => {
		const settings = readSettings({
			PORT: "0",
			HOST: "::1",
			DATA_DIR: "/somewhere",
			BOT_URL: "https://bot.example/x",
			BOT_KEY: "key",
			BOT_NAME: "Ada's bot",
			STUDIO_APP_ID: "shop",
			JWT_SECRET: "x".repeat(32),
			ALLOWED_ORIGINS: " https://a.example ,http://B.example:8080,",
			LOG_LEVEL: "debug",
		});
		expect(settings).toMatchObject({
			port: 0,
			host: "::1",
			dataDir: "/somewhere",
			appId: "shop",
			botName: "Ada's bot",
		});
		expect(settings.allowedOrigins).toEqual(["https://a.example", "http://b.example:8080"]);
		expect(readSettings({ ALLOWED_ORIGINS: "*" }).allowedOrigins).toBe("all");
		expect(readSettings({ RETENTION_DAYS: "30" }).retentionDays).toBe(30);
		expect(readSettings({}).retentionDays).toBeUndefined();
	});

	test.each([
		["PORT", "-1"],
		["PORT", "65536"],
		["PORT", "http"],
		["PORT", "30.5"],
		["HOST", "not a host"],
		["BOT_URL", "ftp://bot"],
		["BOT_URL", "https://name:S3CRET@bot.example"],
		["STUDIO_APP_ID", "a/b"],
		["JWT_SECRET", "S3CRET"],
		["ALLOWED_ORIGINS", "www.example.com"],
		["ALLOWED_ORIGINS", "https://www.example.com/page"],
		["ALLOWED_ORIGINS", "https://a.example, null"],
		["VISITOR_AUTH", "none"],
		["ADMIN_PASSWORD", "S3CRET"],
		["IDENTITY_SECRET", "S3CRET"],
		["OIDC_ISSUER", "http://login.example.com"],
		["OIDC_JWKS_URI", "keys"],
		["RETENTION_DAYS", "0"],
		["RETENTION_DAYS", "1.5"],
		["RETENTION_DAYS", "-30"],
		["LOG_LEVEL", "loud"],
		["MAX_CONNECTIONS", "0"],
		["CONNECTIONS_PER_ADDRESS", "0"],
		["CONNECTIONS_PER_USER", "many"],
		["FRAMES_PER_SECOND", "fast"],
		["FRAME_BURST", "0"],
	])("%s=%s is refused by one sentence that names it and shows no secret", (name, value) => {
		const message = refusalOf({ [name]: value });
		expect(message).toMatch(new RegExp(`^${name} (must|may) [^\n]+\\.$`));
		expect(message).not.toContain("S3CRET");
	});

	test("of an OpenID provider come together, and the site's secret is its own", () => {
		const issuer = "https://login.example.com";
		expect(refusalOf({ OIDC_ISSUER: issuer })).toBe("OIDC_AUDIENCE must be set where OIDC_ISSUER is.");
		expect(refusalOf({ OIDC_ADMIN_GROUP: "admins" })).toBe("OIDC_ISSUER must be set where OIDC_ADMIN_GROUP is.");
		const settings = readSettings({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: "desk", OIDC_ADMIN_GROUP: "admins" });
		expect(settings.oidc).toEqual({ issuer, audience: "desk", adminGroup: "admins" });
		expect(readSettings({}).oidc).toBeUndefined();
		const secret = "x".repeat(32);
		expect(refusalOf({ IDENTITY_SECRET: secret, JWT_SECRET: secret })).toMatch(/^IDENTITY_SECRET must/);
	});

	test("come from .env too, and the environment wins", () => {
		const folder = temporaryFolder();
		expect(loadEnvironment(folder)).toEqual(process.env);
		writeFileSync(join(folder, ".env"), '# ours\nSTENTOR_TEST_A="from the file"\nPATH=nowhere\n');
		expect(loadEnvironment(folder)).toMatchObject({ STENTOR_TEST_A: "from the file", PATH: process.env.PATH });
		expect(process.env.STENTOR_TEST_A).toBeUndefined();
	});
});

describe("DATA_DIR", () => {
	test("that can't be written is refused by a sentence", () => {
		const folder = temporaryFolder();
		writeFileSync(join(folder, "file"), "");
		const dataDir = join(folder, "file", "data");
		expect(() => prepareDataDir(dataDir)).toThrow(`DATA_DIR ${dataDir} can't be written (ENOTDIR); name a folder`);
	});

	test("keeps the secret that it makes, for this user only", () => {
		const dataDir = join(temporaryFolder(), "a", "b");
		const secret = jwtSecretIn(dataDir);
		expect(Buffer.from(secret, "base64url")).toHaveLength(32);
		expect(jwtSecretIn(dataDir)).toBe(secret);
		expect(statSync(join(dataDir, "secrets.json")).mode & 0o777).toBe(0o600);
		expect(statSync(dataDir).mode & 0o777).toBe(0o700);
	});

	test.each(["", "no JSON: S3CRET", '{"jwtSecret":"short"}'])("whose secrets.json is %j is refused", (content) => {
		const dataDir = temporaryFolder();
		mkdirSync(dataDir, { recursive: true });
		const file = join(dataDir, "secrets.json");
		writeFileSync(file, content);
		expect(() => jwtSecretIn(dataDir)).toThrow(/secrets\.json can't be understood; delete it/);
		expect(() => jwtSecretIn(dataDir)).not.toThrow(/S3CRET/);
		expect(readFileSync(file, "utf8")).toBe(content);
	});
});
