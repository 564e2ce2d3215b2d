import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { createTables, DynamoStorage } from "../../../src/storage/dynamodb/index.js";
import { bundle } from "../../support/bundle.js";
import { DATABASE, onDynamodbLocal } from "../../support/dynamodbLocal.js";
import { TestClock } from "../../support/office.js";
import { COLLECTIONS } from "./everyStorage.js";
import { APP, Desk } from "./given.js";

await onDynamodbLocal(({ client, endpoint }) => {
	describe("processes that assign at the same time, on DynamoDB", () => {
		test("give 50 of 100 conversations to 10 agents of capacity 5, and none more", async () => {
			await createTables(client, COLLECTIONS);
			const path = await bundle("test/crm/agents/assigningChild.ts");
			const topic = "processes";
			const d = new Desk({ topic, storage: new DynamoStorage({ client }), clock: new TestClock() });
			const ids = await d.staff(10, { capacity: 5 });

			const children = ["left", "right"].map((name) => {
				const child = spawn(process.execPath, [path, endpoint, DATABASE, topic, APP, name, "50"], {
					stdio: ["pipe", "pipe", "inherit"],
				});
				const lines: string[] = [];
				child.stdout.setEncoding("utf8").on("data", (text: string) => lines.push(...text.split("\n").filter(Boolean)));
				return { child, lines, exit: once(child, "exit") };
			});
			await Promise.all(children.map(({ child }) => isReady(child)));
			for (const { child } of children) child.stdin?.write("go\n");
			const exits = await Promise.all(children.map(({ exit }) => exit));
			expect(exits.map(([code]) => code)).toEqual([0, 0]);
			expect(children.flatMap(({ lines }) => lines.slice(1))).toEqual([]);

			expect(await Promise.all(ids.map((id) => d.load(id)))).toEqual(ids.map(() => 5));
			const names = ["left", "right"].flatMap((name) => Array.from({ length: 50 }, (_, i) => `${name}-${i}`));
			const states = await Promise.all(names.map((name) => d.assignments.of(APP, name)));
			const held = new Map<string, number>();
			for (const each of states) {
				if (each?.state === "assigned") held.set(each.agentId, (held.get(each.agentId) ?? 0) + 1);
			}
			expect([...held.values()]).toEqual(ids.map(() => 5));
			expect((await d.assignments.waiting(APP)).conversationIds).toHaveLength(50);
		}, 120_000);
	});
});

async function isReady(child: ChildProcess): Promise<void> {
	if (child.stdout) await once(child.stdout, "data");
}
