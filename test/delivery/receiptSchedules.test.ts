import { randomUUID } from "node:crypto";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import type { PostOfficePorts } from "../../src/delivery/ports.js";
import { collections } from "../../src/delivery/records.js";
import { createTables, DynamoStorage } from "../../src/storage/dynamodb/index.js";
import { type ChatClient, ChatOffice, echo } from "../connectors/chatOffice.js";
import { localSettings, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { LoopTransport } from "../support/LoopTransport.js";
import type { Client } from "../support/office.js";

/** Who is in the conversation: the visitor's two devices, and two agents of whom the first takes part. */
type Who = "phone" | "laptop" | "grace" | "alan";
const EVERYBODY: readonly Who[] = ["phone", "laptop", "grace", "alan"];
const personOf = (who: Who) => (who === "phone" || who === "laptop" ? "visitor" : who);

/** `upTo`: the entry, as a part of what there is by then; over 1, one that there isn't yet. `via`: the process it comes to. */
type Step = { readonly via: number } & (
	| { readonly who: Who; readonly says: true }
	| { readonly who: Who; readonly field: "read" | "delivered"; readonly upTo: number }
	| { readonly who: "grace" | "alan"; readonly readsAll: true }
);

const who = fc.constantFrom(...EVERYBODY);
const via = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 2, arbitrary: fc.record({ via, who, says: fc.constant<true>(true) }) },
	{
		weight: 5,
		arbitrary: fc.record({
			via,
			who,
			field: fc.constantFrom<"read" | "delivered">("read", "delivered"),
			upTo: fc.constantFrom(0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1.5),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			via,
			who: fc.constantFrom<"grace" | "alan">("grace", "alan"),
			readsAll: fc.constant<true>(true),
		}),
	},
);

interface Receipt {
	readonly by: string;
	readonly read?: number;
	readonly delivered?: number;
}

/** A conversation of four endpoints and a bot, and what each has been told of the others' receipts. */
class Room {
	private constructor(
		readonly at: ChatOffice,
		private readonly visitors: Readonly<Record<"phone" | "laptop", Client>>,
		private readonly agents: Readonly<Record<"grace" | "alan", ChatClient>>,
		readonly conversationId: string,
		private readonly processes: readonly PostOffice[],
	) {}

	/** `graceTakesPart`: or she only watches, as Alan does. */
	static async open(graceTakesPart: boolean, processes: number, ports: Partial<PostOfficePorts>): Promise<Room> {
		const at = new ChatOffice({ answering: [echo], ...ports });
		const others = Array.from({ length: processes - 1 }, () => new PostOffice({ ...at.ports }));
		const phone = await at.visitor();
		const { sessionId } = phone;
		const laptop = await at.client({ ...phone.query }, sessionId);
		await laptop.join();
		await phone.say("Hello", "first");
		await laptop.send({ event: "resume", data: { since: 0 } });
		const grace = await at.chatAgent("grace", sessionId);
		const alan = await at.chatAgent("alan", sessionId);
		if (graceTakesPart) await grace.act("takeOver", { conversationId: sessionId });
		return new Room(at, { phone, laptop }, { grace, alan }, sessionId, [at.office, ...others]);
	}

	/** What comes from here on comes to this process. */
	comeTo(process: number): void {
		this.at.office = this.processes[process % this.processes.length] ?? this.at.office;
	}

	async seq(): Promise<number> {
		return (await this.at.office.session("shop", this.conversationId))?.seq ?? 0;
	}

	async say(as: Who, messageId: string): Promise<void> {
		if (as === "phone" || as === "laptop") return this.visitors[as].say("Words", messageId);
		return this.agents[as].act("note", { conversationId: this.conversationId, content: "A note", messageId });
	}

	async mark(as: Who, moved: { read?: number; delivered?: number }): Promise<void> {
		if (as === "phone" || as === "laptop") await this.visitors[as].send({ event: "receipt", data: moved });
		else await this.agents[as].act("markRead", { conversationId: this.conversationId, seq: moved.read });
		await this.at.office.idle();
	}

	/** The receipts that were told to this endpoint, by whose they are. */
	told(at: Who, names: ReadonlyMap<string, string>): Receipt[] {
		const by = (id: unknown) => names.get(String(id)) ?? String(id);
		if (at === "phone" || at === "laptop") {
			return this.visitors[at].of("receipt").map(({ sender, data }) => ({ by: by(sender?.userId), ...data }));
		}
		return this.agents[at].frames.flatMap(({ type, data }) => {
			if (type === "delivered") return [{ by: by(data.senderId), delivered: data.seq }];
			return type === "read" ? [{ by: by(data.senderId), read: data.seq, delivered: data.delivered }] : [];
		});
	}

	/** Whose each participant's id is. */
	async names(): Promise<Map<string, string>> {
		const { participants = [] } = (await this.at.office.session("shop", this.conversationId)) ?? {};
		return new Map(participants.map(({ id, role, name }) => [id, role === "agent" ? (name ?? "") : role]));
	}
}

const asText = ({ by, read, delivered }: Receipt) => JSON.stringify({ by, read, delivered });

/** Each move forward is told once, to every endpoint of the others who may know of it. */
async function check(numRuns: number, processes: number, portsOf: () => Partial<PostOfficePorts>): Promise<void> {
	await fc.assert(
		fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 3, maxLength: 15 }), async (takesPart, steps) => {
			const room = await Room.open(takesPart, processes, portsOf());
			const expected: Record<Who, Receipt[]> = { phone: [], laptop: [], grace: [], alan: [] };
			const cursors = new Map<string, { read?: number; delivered?: number }>();
			for (const [index, each] of steps.entries()) {
				room.comeTo(each.via);
				if ("says" in each) {
					await room.say(each.who, `m${index}`);
					continue;
				}
				const newest = await room.seq();
				const isAgent = each.who === "grace" || each.who === "alan";
				// Agents' clients have no way to say `delivered`.
				const field = "readsAll" in each || isAgent ? "read" : each.field;
				const asked = "readsAll" in each ? undefined : Math.ceil(newest * each.upTo);
				await room.mark(each.who, { [field]: asked });
				const seq = asked ?? newest;
				const by = personOf(each.who);
				const at = cursors.get(by) ?? {};
				if (seq > newest || (at[field] ?? -1) >= seq) continue;
				cursors.set(by, { ...at, [field]: seq });
				for (const reader of EVERYBODY) {
					// Nobody is told of their own, and visitors don't see who only watches.
					const isHidden = isAgent && !(each.who === "grace" && takesPart) && personOf(reader) === "visitor";
					if (personOf(reader) !== by && !isHidden) expected[reader].push({ by, [field]: seq });
				}
			}
			const names = await room.names();
			for (const reader of EVERYBODY) {
				expect({ reader, told: room.told(reader, names).map(asText) }).toEqual({
					reader,
					told: expected[reader].map(asText),
				});
			}
			await room.at.office.idle();
			room.at.restart();
			const kept = await room.at.office.receipts("shop", room.conversationId);
			for (const [id, name] of names) {
				const { read, delivered } = kept.get(id) ?? {};
				expect({ name, read, delivered }).toEqual({
					name,
					read: undefined,
					delivered: undefined,
					...cursors.get(name),
				});
			}
			expect(room.at.notes.errors).toEqual([]);
		}),
		{ numRuns },
	);
}

/** Without a process of its own for the storage, as on API Gateway. */
const shared = () => ({ transport: new LoopTransport(false), soleOwner: false, topic: randomUUID() });

test("whoever reads what when, each move is told once", () => check(40, 1, () => ({})), 60_000);

test("so it is with two processes, whichever hears of it", () => check(40, 2, shared), 60_000);

test("what two devices say at the same moment, each to another process, is told once", async () => {
	const room = await Room.open(false, 2, shared());
	const newest = await room.seq();
	const said = (["phone", "laptop"] as const).map((device, process) => {
		room.comeTo(process);
		return room.mark(device, { read: newest, delivered: newest });
	});
	await Promise.all(said);
	const told = room.told("grace", await room.names());
	const inAll = (["read", "delivered"] as const).map(
		(field) => told.filter((each) => each[field] !== undefined).length,
	);
	expect(inAll).toEqual([1, 1]);
});

await onDynamodbLocal(({ client, endpoint }) => {
	const streams = new DynamoDBStreamsClient(localSettings(endpoint));
	const storage = new DynamoStorage({ client, streams });
	beforeAll(() => createTables(client, collections), 240_000);
	afterAll(async () => {
		await storage.close();
		streams.destroy();
	});

	test("so it is with two processes on DynamoDB", () => check(10, 2, () => ({ ...shared(), storage })), 240_000);
});
