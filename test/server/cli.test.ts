import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import Database from "libsql";
import { agentTokens } from "../../src/connectors/admin/agentToken.js";
import { jwtSecretIn } from "../../src/server/dataDir.js";
import { version } from "../../src/server/version.js";
import { bundle } from "../support/bundle.js";
import { HttpBot, json, silence } from "../support/httpBot.js";
import { CliProcess, type Ended } from "./cliProcess.js";
import { afterwards, eventually, temporaryFolder, WireClient } from "./given.js";

const SESSION = "stentor-widget-session-1";
const USER = "stentor-widget-user-0d9b7c52-4d0e-4a39-8f4f-6f0c1b1a2c3d";

let cli: string;
beforeAll(async () => {
	cli = await bundle("src/server/cli.ts");
});

const spawned = (args: string[], environment: Record<string, string> = {}) =>
	CliProcess.spawn(cli, args, { PORT: "0", ...environment }, temporaryFolder());
const run = (args: string[], environment?: Record<string, string>): Promise<Ended> => spawned(args, environment).end();

describe("the CLI", () => {
	test("helps, and knows its version", async () => {
		for (const args of [[], ["--help"], ["help"]]) {
			expect(await run(args)).toMatchObject({
				code: 0,
				stdout: expect.stringMatching(/start[\s\S]*token[\s\S]*backup[\s\S]*restore/),
			});
		}
		expect(await run(["help", "start"])).toMatchObject({ code: 0, stdout: expect.stringContaining("BOT_URL") });
		expect(await run(["restore", "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("--force") });
		expect((await run(["--version"])).code).toBe(0);
		expect(version()).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
	});

	test.each([
		[["stop"], 'There is no command "stop".'],
		[["start", "now"], '"start" takes no words besides its options.'],
		[["start", "--port", "1"], "Unknown option '--port'."],
		[["token", "--hours", "0"], "--hours must be a whole number from 1 to 720."],
		[["backup"], '"backup" takes one word besides its options.'],
	])("%j is wrong usage", async (args, message) => {
		const ended = await run(args);
		expect(ended).toMatchObject({ code: 2, stdout: "" });
		expect(ended.stderr).toBe(`stentor-chat-router: ${message} See "stentor-chat-router --help".\n`);
	});

	test("prints a token that the server of this DATA_DIR takes", async () => {
		const dataDir = temporaryFolder();
		const { stdout } = await run(["token", "--name", "Ada", "--hours", "1"], { DATA_DIR: dataDir });
		const agent = await agentTokens(jwtSecretIn(dataDir)).verify(stdout.trim());
		expect(agent).toMatchObject({ name: "Ada", role: "agent" });
	});
});

describe("start", () => {
	const sentence = (stderr: string) => stderr.match(/^stentor-chat-router: ([^\n]+)\n$/)?.[1];

	test("says where to look; the token stands there once and in no log line", async () => {
		const server = spawned(["start"], { LOG_LEVEL: "debug" });
		const { url, deskLink } = await server.started();
		const token = new URL(deskLink).searchParams.get("token") ?? "?";
		expect((await fetch(deskLink)).status).toBe(401);
		expect((await fetch(`${url}/agent-demo`, { headers: { cookie: `stentor_agent=${token}` } })).status).toBe(200);
		expect(await server.kill("SIGTERM")).toBe(0);
		expect(server.stdout.split(token)).toHaveLength(2);
		expect(server.stderr).not.toContain(token);
		for (const line of server.stderr.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("event");
	});

	test("stops with a sentence when a setting is wrong, also one from .env", async () => {
		const folder = temporaryFolder();
		writeFileSync(join(folder, ".env"), "BOT_URL=nowhere\n");
		const ended = await CliProcess.spawn(cli, ["start"], { PORT: "0" }, folder).end();
		expect(ended).toMatchObject({ code: 1, stdout: "" });
		expect(sentence(ended.stderr)).toMatch(/^BOT_URL must be/);
		expect(readdirSync(folder)).toEqual([".env"]);
	});

	test("stops where a setting's name is mistyped; what only looks like one in the environment may be another program's", async () => {
		const folder = temporaryFolder();
		const start = (file: string, environment: Record<string, string> = {}) => {
			writeFileSync(join(folder, ".env"), file);
			return CliProcess.spawn(cli, ["start"], { PORT: "70000", ...environment }, folder).end();
		};
		const asked = async (ended: Promise<Ended>) => sentence((await ended).stderr);
		const meant = (name: string, setting: string) => `${name} isn't a setting; did you mean ${setting}?`;
		expect(await asked(start("BOT_ULR=https://bot.example\n"))).toBe(meant("BOT_ULR", "BOT_URL"));
		expect(await asked(start("PROT=3000\n"))).toBe(meant("PROT", "PORT"));
		expect(await asked(start("", { MONITORING_PROVDER: "sentry" }))).toBe(
			meant("MONITORING_PROVDER", "MONITORING_PROVIDER"),
		);
		expect(await asked(start("LANG=C\nSITE_NAME=shop\n", { LOGLEVEL: "info" }))).toMatch(/^PORT must be/);
	});

	test("names PORT and the address when the port is in use", async () => {
		const taken = createServer().listen(0, "127.0.0.1");
		await once(taken, "listening");
		afterwards(() => taken.close());
		const { port } = taken.address() as AddressInfo;
		const { code, stderr } = await run(["start"], { PORT: String(port) });
		expect(code).toBe(1);
		expect(sentence(stderr)).toMatch(new RegExp(`^PORT ${port} is in use at 127\\.0\\.0\\.1`));
	});

	test("names HOST when it's no address of this machine", async () => {
		const { code, stderr } = await run(["start"], { HOST: "192.0.2.1" });
		expect([code, sentence(stderr)]).toEqual([1, expect.stringMatching(/^HOST 192\.0\.2\.1 can't be listened at/)]);
	});

	test("is refused to a second process on the same DATA_DIR, which leaves the first one alone", async () => {
		const DATA_DIR = temporaryFolder();
		const first = spawned(["start"], { DATA_DIR });
		const { url } = await first.started();
		const { code, stderr } = await run(["start"], { DATA_DIR });
		expect([code, sentence(stderr)]).toEqual([
			1,
			expect.stringMatching(/Another process uses the database .*DATA_DIR/),
		]);
		expect((await fetch(`${url}/readyz`)).status).toBe(200);
	});

	test.each([
		["damaged", () => "This is no database, whatever its name says.".repeat(100)],
		["written by a newer release", newerDatabase],
	])("leaves a database that is %s as it is, and says so", async (_, make) => {
		const DATA_DIR = temporaryFolder();
		const file = join(DATA_DIR, "chat.db");
		writeFileSync(file, make());
		const before = readFileSync(file);
		const { code, stderr } = await run(["start"], { DATA_DIR });
		expect([code, sentence(stderr)]).toEqual([1, expect.stringContaining("It was left as it is")]);
		expect(readFileSync(file).equals(before)).toBe(true);
	});

	test("twice told to stop, it stops at once", async () => {
		const bot = await HttpBot.start(silence);
		afterwards(() => bot.close());
		const server = spawned(["start"], { BOT_URL: bot.origin });
		const { wsUrl } = await server.started();
		const visitor = await WireClient.visitor(wsUrl, SESSION, USER);
		visitor.say("Is anybody there?");
		await eventually(() => bot.received.length === 1);
		server.child.kill("SIGTERM");
		expect(await visitor.closeCode).toBe(1012);
		// The same Ctrl+C, passed on by npm, doesn't count.
		server.child.kill("SIGTERM");
		await new Promise((resolve) => setTimeout(resolve, 700));
		expect(server.child.exitCode).toBeNull();
		expect(await server.kill("SIGTERM")).toBe(1);
	});
});

test("Killed while the bot thinks, the next start runs the turn again, as the same request", async () => {
	const bot = await HttpBot.start(silence, json({ outputSpeech: { displayText: "Here I am again" } }));
	afterwards(() => bot.close());
	const environment = { DATA_DIR: temporaryFolder(), BOT_URL: bot.origin };
	const first = spawned(["start"], environment);
	const visitor = await WireClient.visitor((await first.started()).wsUrl, SESSION, USER);
	visitor.say("Are you there?", "m1");
	await eventually(() => visitor.of("ack").length === 1 && bot.received.length === 1);
	await first.kill("SIGKILL");

	const second = spawned(["start"], environment);
	const { wsUrl } = await second.started();
	await eventually(() => bot.received.length === 2);
	expect(bot.received[1]?.body).toBe(bot.received[0]?.body);
	const back = await WireClient.connect(`${wsUrl}?userId=${USER}`, SESSION);
	await back.until(() => back.read.includes("Here I am again"));
	expect(await second.kill("SIGTERM")).toBe(0);
});

test("A backup of a running server, restored elsewhere, has the conversation, and its visitor may come back", async () => {
	const folder = temporaryFolder();
	const file = join(folder, "copy.db");
	const running = { DATA_DIR: join(folder, "running") };
	const first = spawned(["start"], running);
	const visitor = await WireClient.visitor((await first.started()).wsUrl, SESSION, USER);
	let sent = 0;
	const talking = setInterval(() => visitor.say(`Message ${++sent}`, `m${sent}`), 25);
	afterwards(() => clearInterval(talking));
	await eventually(() => visitor.of("ack").length >= 5);
	const acknowledged = visitor.of("ack").length;
	expect(await run(["backup", file], running)).toMatchObject({ code: 0, stdout: expect.stringContaining(file) });
	clearInterval(talking);
	expect(await run(["backup", file], running)).toMatchObject({
		code: 1,
		stderr: expect.stringMatching(/is there already/),
	});
	expect(await run(["restore", file], running)).toMatchObject({
		code: 1,
		stderr: expect.stringMatching(/Another process/),
	});
	expect(await first.kill("SIGTERM")).toBe(0);

	const elsewhere = { DATA_DIR: join(folder, "elsewhere") };
	expect(await run(["restore", file], elsewhere)).toMatchObject({ code: 0, stderr: "" });
	const second = spawned(["start"], elsewhere);
	const back = await WireClient.visitor((await second.started()).wsUrl, SESSION, USER);
	back.send({ event: "resume", data: { since: 0 } });
	await back.until((frames) => frames.some(({ event }) => event === "resumed"));
	expect(back.frames.find(({ event }) => event === "resumed")?.data).toMatchObject({ recovered: true });
	// What it said itself is in the log too: the same message id gets the same acknowledgement.
	const [before] = visitor.of("ack").slice(acknowledged - 1);
	back.say(`Message ${acknowledged}`, String(before?.data?.messageId));
	await back.until((frames) => frames.some(({ event }) => event === "ack"));
	expect(back.of("ack")[0]?.data).toEqual(before?.data);
	expect(await second.kill("SIGTERM")).toBe(0);

	expect(await run(["restore", file], elsewhere)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("--force"),
	});
	expect(await run(["restore", file, "--force"], elsewhere)).toMatchObject({ code: 0 });
	expect(
		readdirSync(elsewhere.DATA_DIR).filter((name) => /^chat\.db\.before-restore-[\dTZ-]+$/.test(name)),
	).toHaveLength(1);
	const third = spawned(["start"], elsewhere);
	await third.started();
	expect(await third.kill("SIGTERM")).toBe(0);
});

describe("restore", () => {
	test.each([
		["something else", () => "no database".repeat(1000)],
		["an empty file", () => ""],
		["cut short", () => newerDatabase(1).subarray(0, 5000)],
	])("refuses %s, and changes nothing", async (_, make) => {
		const DATA_DIR = temporaryFolder();
		const file = join(temporaryFolder(), "backup.db");
		writeFileSync(file, make());
		const { code, stderr } = await run(["restore", file], { DATA_DIR });
		expect([code, stderr]).toEqual([
			1,
			expect.stringMatching(/is no backup of ours, or is damaged; nothing was changed/),
		]);
		expect(readdirSync(DATA_DIR).filter((name) => !name.endsWith(".lock"))).toEqual([]);
	});

	test("of a file that isn't there, and a backup of nothing, say so", async () => {
		const DATA_DIR = temporaryFolder();
		mkdirSync(join(DATA_DIR, "folder"));
		for (const name of ["nothing", "folder"]) {
			const ended = await run(["restore", join(DATA_DIR, name)], { DATA_DIR });
			expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/There is no file/) });
		}
		expect(await run(["backup", "x.db"], { DATA_DIR })).toMatchObject({
			code: 1,
			stderr: expect.stringMatching(/holds no database/),
		});
	});
});

/** A database of ours that says it's of another version. */
function newerDatabase(userVersion = 9_999): Buffer {
	const file = join(temporaryFolder(), "other.db");
	const database = new Database(file);
	database.exec(
		`PRAGMA application_id = ${0x53744352}; PRAGMA user_version = ${userVersion}; CREATE TABLE t (a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO t SELECT hex(randomblob(32)) FROM n`,
	);
	database.close();
	return readFileSync(file);
}
