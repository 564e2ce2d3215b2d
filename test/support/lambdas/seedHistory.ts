import { randomUUID } from "node:crypto";
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { conversationActivity } from "../../../src/crm/conversations/activity.js";
import { sessionKey } from "../../../src/delivery/identity.js";
import { entries, sessions } from "../../../src/delivery/records.js";
import type { Entry } from "../../../src/protocol/envelope.js";
import { TOPIC } from "../../../src/server/topic.js";
import { DynamoStorage } from "../../../src/storage/dynamodb/DynamoStorage.js";
import { type Item, toItem } from "../../../src/storage/dynamodb/values.js";
import type { Fields } from "../../../src/storage/record.js";
import type { Lambdas } from "./Lambdas.js";

/** What DynamoDB takes at once, and how many such requests are under way. */
const BATCH = 25;
const BESIDE = 16;

/** Gives a session that somebody has spoken in a past, entries of visitor and bot up to this number, that all was done for. */
export async function seedHistory({ client, prefix }: Lambdas, sessionId: string, length: number): Promise<void> {
	const storage = new DynamoStorage({ client, prefix });
	const session = sessionKey(TOPIC, "default", sessionId);
	const head = await storage.get(sessions, [session]);
	if (!head) throw new Error("There's no such session.");
	const timeMs = Date.now() - length;
	const entry = (seq: number): Entry => ({
		session,
		seq,
		prev: { everyone: seq - 1, staff: seq - 1 },
		messageId: randomUUID(),
		timeMs: timeMs + seq,
		from: seq % 2 ? { id: head.owner, role: "visitor" } : { id: "bot", role: "answerer" },
		audience: "everyone",
		content: { type: "message", text: "This was said before, and takes as many bytes as most of what people say." },
	});
	let next = head.seq + 1;
	const writer = async () => {
		while (next <= length) {
			const from = next;
			next += BATCH;
			const numbers = Array.from({ length: Math.min(BATCH, length - from + 1) }, (_, i) => from + i);
			const puts = numbers.map((each) => ({ PutRequest: { Item: itemOf(entry(each)) } }));
			await client.send(new BatchWriteItemCommand({ RequestItems: { [prefix + entries.name]: puts } }));
		}
	};
	await Promise.all(Array.from({ length: BESIDE }, writer));
	const seq = Math.max(length, head.seq);
	const answerer = head.participants[head.floor.holder ?? ""];
	if (answerer) answerer.handled = seq;
	await storage.put(sessions, { ...head, seq, last: { everyone: seq, staff: seq }, timeMs: timeMs + seq });
	const activity = await storage.get(conversationActivity, [session]);
	if (activity) await storage.put(conversationActivity, { ...activity, counted: seq });
}

/** As the adapter writes it: what's undefined is left out. */
function itemOf(record: object): Item {
	return toItem(JSON.parse(JSON.stringify(record)) as Fields);
}
