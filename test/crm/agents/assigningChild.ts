import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Assignments } from "../../../src/crm/agents/Assignments.js";
import { Availability } from "../../../src/crm/agents/Availability.js";
import { DynamoStorage } from "../../../src/storage/dynamodb/index.js";
import { localSettings } from "../../support/startDynamodbLocal.js";

/**
 * Run by tests as a process of its own, `node assigningChild.mjs <endpoint> <database> <topic> <app> <name> <count>`: prints
 * "ready", waits for a line, asks for an agent for so many conversations at once, and prints each that it couldn't ask.
 */
const [, , endpoint = "", database = "", topic = "", app = "", name = "", count = "0"] = process.argv;

const storage = new DynamoStorage({ client: new DynamoDBClient(localSettings(endpoint, database)) });
const ports = { topic, storage, clock: Date.now };
const say = (event: string, error?: unknown) => console.log(`${event} ${String(error ?? "")}`);
const assignments = new Assignments({
	...ports,
	availability: new Availability(ports),
	monitor: { debug() {}, info() {}, warn: (event) => say(event), error: (event, error) => say(event, error) },
});

console.log("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
await Promise.all(
	Array.from({ length: Number(count) }, async (_, i) => {
		try {
			await assignments.request(app, `${name}-${i}`);
		} catch (error) {
			say("not asked", error);
		}
	}),
);
await assignments.idle();
process.exit(0);
