import { spawnSync } from "node:child_process";
import { expect, test } from "@jest/globals";
import { jsonMonitor } from "../../src/monitoring/jsonMonitor.js";
import { RouterError } from "../../src/protocol/errors.js";
import { bundle } from "../support/bundle.js";

function lines(level?: Parameters<typeof jsonMonitor>[0]) {
	const said: Record<string, unknown>[] = [];
	return { said, monitor: jsonMonitor({ ...level, write: (_, line) => said.push(JSON.parse(line)) }) };
}

test("an event is a line of JSON", () => {
	const { said, monitor } = lines();
	monitor.info("connected", { app: "shop", count: 1, trace: undefined });
	expect(said).toEqual([
		{ level: "info", time: expect.stringMatching(/^\d{4}-.*Z$/), event: "connected", app: "shop", count: 1 },
	]);
});

test("an error is told with its causes, and nothing else that it holds", () => {
	const { said, monitor } = lines();
	const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED", request: { authorization: "Bearer key" } });
	monitor.error("turn failed", new RouterError("connector_failed", "No answer.", { cause }), { seq: 3 });
	expect(said).toMatchObject([
		{
			event: "turn failed",
			seq: 3,
			error: { name: "RouterError", code: "connector_failed", message: "No answer.", cause: { code: "ECONNREFUSED" } },
		},
	]);
	expect(JSON.stringify(said)).not.toContain("Bearer");
});

test("whatever was thrown can be told", () => {
	const { said, monitor } = lines();
	const endless = new Error("endless");
	endless.cause = endless;
	for (const thrown of [endless, "text", undefined, null, 7]) monitor.error("failed", thrown);
	expect(said.map(({ error }) => (error as Error | undefined)?.message)).toEqual([
		"endless",
		"text",
		undefined,
		"a thrown object",
		"a thrown number",
	]);
});

test.each([
	["debug", ["debug", "info", "warn", "error"]],
	[undefined, ["info", "warn", "error"]],
	["warn", ["warn", "error"]],
	["silent", []],
] as const)("from level %s on, it says %j", (level, expected) => {
	const { said, monitor } = lines({ level });
	monitor.debug("a");
	monitor.info("b");
	monitor.warn("c");
	monitor.error("d", new Error("e"));
	expect(said.map((line) => line.level)).toEqual(expected);
});

test("by itself it writes warnings and errors to stderr, the rest to stdout", async () => {
	const module = JSON.stringify(await bundle("src/monitoring/jsonMonitor.ts"));
	const code = `import { jsonMonitor } from ${module}; const m = jsonMonitor(); m.info("a"); m.warn("b"); m.error("c", 1)`;
	const { stdout, stderr } = spawnSync("node", ["--input-type=module", "-e", code], { encoding: "utf8" });
	const events = (text: string) =>
		text
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line).event);
	expect(events(stdout)).toEqual(["a"]);
	expect(events(stderr)).toEqual(["b", "c"]);
});
