import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import Database from "libsql";
import { ProgressBar } from "../../src/server/cli/ProgressBar.js";
import { AGENTS } from "../../src/server/demo/seed/people.js";
import { demoPlan } from "../../src/server/demo/seed/plan.js";
import { bundle } from "../support/bundle.js";
import { CliProcess } from "./cliProcess.js";
import { givenServer, temporaryFolder } from "./given.js";

let cli: string;
beforeAll(async () => {
	cli = await bundle("src/server/cli.ts");
});

const seed = (dataDir: string, ...args: string[]) =>
	CliProcess.spawn(cli, ["seed", ...args], { DATA_DIR: dataDir }, temporaryFolder()).end();

type Row = Record<string, unknown>;

/** All that is kept of a collection. */
function records(dataDir: string, collection: string): Row[] {
	const database = new Database(join(dataDir, "chat.db"));
	const rows = database.prepare(`SELECT data FROM c_${collection}`).all() as { data: string }[];
	database.close();
	return rows.map(({ data }) => JSON.parse(data) as Row);
}

const COLLECTIONS = [
	"agents",
	"customers",
	"conversations",
	"conversationTags",
	"entries",
	"messageIds",
	"assignments",
];

test("fills a demo through the services, and doubles nothing when it's done again", async () => {
	const dataDir = temporaryFolder();
	const first = await seed(dataDir, "--conversations", "60");
	expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining("6 agents and 60 conversations") });
	// Without a terminal: a line for each step, and nothing else.
	expect(first.stderr).toMatch(/^(Conversations: \d+ %\n)+$/);
	expect(first.stderr).toContain("Conversations: 100 %");

	const made = Object.fromEntries(COLLECTIONS.map((each) => [each, records(dataDir, each)]));
	const { conversations = [], agents = [], entries = [], customers = [] } = made;
	expect(agents).toHaveLength(AGENTS.length);
	expect(conversations).toHaveLength(60);
	const statuses = new Set(conversations.map(({ status }) => status));
	expect([...statuses]).toEqual(expect.arrayContaining(["open", "closed", "archived"]));
	expect(conversations.filter(({ satisfaction }) => satisfaction !== undefined).length).toBeGreaterThan(10);
	expect(conversations.every(({ tags }) => Array.isArray(tags) && tags.length > 1)).toBe(true);
	expect(new Set(customers.map(({ email }) => email)).size).toBe(customers.length);
	expect(entries.filter(({ audience }) => audience === "staff").length).toBeGreaterThan(5);
	const ages = conversations.map(({ createdAt }) => Date.now() - Date.parse(String(createdAt)));
	expect(Math.max(...ages)).toBeGreaterThan(7 * 24 * 3_600_000);
	expect(Math.min(...ages)).toBeGreaterThan(0);

	// What is over takes nobody's time.
	const going = conversations.filter(({ status }) => status === "open" || status === "pending");
	const load = agents.reduce((sum, { activeConversations }) => sum + Number(activeConversations), 0);
	expect(load).toBeLessThanOrEqual(going.length);

	const second = await seed(dataDir, "--conversations", "60");
	expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining("60 conversations were there") });
	for (const each of COLLECTIONS) expect([each, records(dataDir, each).length]).toEqual([each, made[each]?.length]);
	expect(records(dataDir, "conversations")).toEqual(conversations);
});

test("finishes what a run that was killed has begun", async () => {
	const dataDir = temporaryFolder();
	const killed = CliProcess.spawn(cli, ["seed", "--conversations", "40"], { DATA_DIR: dataDir }, temporaryFolder());
	let resolve = () => {};
	const isUnderWay = new Promise<void>((settle) => {
		resolve = settle;
	});
	killed.child.stderr?.on("data", () => killed.stderr.includes("20 %") && resolve());
	await isUnderWay;
	await killed.kill("SIGKILL");
	expect((await seed(dataDir, "--conversations", "40")).code).toBe(0);
	const conversations = records(dataDir, "conversations");
	expect(conversations).toHaveLength(40);
	expect(conversations.every(({ metadata }) => (metadata as Row | undefined)?.demo === "whole")).toBe(true);
	const planned = demoPlan(40).reduce((sum, { lines }) => sum + lines.length, 0);
	const said = records(dataDir, "entries").filter(({ content }) => (content as Row).type === "message");
	expect(said).toHaveLength(planned);
});

test("doesn't touch the database of a server that runs, and says so", async () => {
	const dataDir = temporaryFolder();
	await givenServer({ DATA_DIR: dataDir });
	const { code, stdout, stderr } = await seed(dataDir);
	expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
	expect(stderr).toMatch(/^stentor-chat-router: Another process uses the database .*chat\.db\. Stop it/);
});

test("says how it's used", async () => {
	const dataDir = temporaryFolder();
	expect((await seed(dataDir, "--help")).stdout).toContain("seed [--conversations <1 to 10000>]");
	for (const wrong of ["0", "10001", "many"]) {
		expect(await seed(dataDir, "--conversations", wrong)).toMatchObject({ code: 2, stdout: "" });
	}
});

test("the bar is overwritten in a terminal, and is a few lines elsewhere", () => {
	const written = (isTTY: boolean) => {
		const texts: string[] = [];
		const bar = new ProgressBar("Things", 200, { isTTY, write: (text) => texts.push(text) });
		for (let done = 0; done <= 200; done++) bar.show(done);
		bar.end();
		return texts;
	};
	const terminal = written(true);
	expect(terminal.slice(0, -1).every((text) => text.startsWith("\rThings ["))).toBe(true);
	expect(terminal.at(-2)).toBe(`\rThings [${"#".repeat(30)}] 100 % (200 of 200)`);
	expect(terminal.at(-1)).toBe("\n");
	expect(written(false)).toHaveLength(11);
	expect(written(false).at(-1)).toBe("Things: 100 %\n");
});
