import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Apps } from "../../src/apps/Apps.js";
import { RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Collection, Key, Page, Query, Write } from "../../src/storage/Storage.js";
import { type ChatClient, echo } from "../connectors/chatOffice.js";
import { Notes } from "../support/office.js";
import { APP, CrmOffice } from "./CrmOffice.js";

const BROKEN = "broken";
const APPS: Apps = {
	get: async (id = APP) => ({ id }),
	list: async () => [{ id: BROKEN }, { id: APP }],
};

/** A storage that fails, or is slow, where a test says so. */
class Troubled extends MemoryStorage {
	onGet: (collection: string, key: Key) => void = () => {};
	onQuery: (collection: string, query: Query) => Promise<void> = async () => {};
	onTransact: (writes: readonly Write[]) => void = () => {};

	override async get<R extends object>(collection: Collection<R>, key: Key): Promise<R | undefined> {
		this.onGet(collection.name, key);
		return super.get(collection, key);
	}

	override async query<R extends object>(collection: Collection<R>, query: Query): Promise<Page<R>> {
		const page = await super.query(collection, query);
		await this.onQuery(collection.name, query);
		return page;
	}

	override async transact(writes: readonly Write[]): Promise<void> {
		this.onTransact(writes);
		return super.transact(writes);
	}
}

let at: CrmOffice;
let storage: Troubled;
let notes: Notes;

beforeEach(async () => {
	notes = new Notes();
	at = await CrmOffice.open([echo], {
		monitor: notes,
		gatherMs: 20,
		apps: APPS,
		openStorage: async (collections, clock) => {
			storage = new Troubled({ collections, clock });
			return storage;
		},
	});
});

afterEach(() => at.close());

const conversation = (id = "") => at.crm.conversations.get(APP, id);
const hearsAt = (client: ChatClient, words: string) =>
	at.eventually(
		() => client.read.includes(words),
		() => client.frames,
	);
const fail = () => {
	throw new RouterError("storage_unavailable");
};
const failures = () => notes.errors.map(({ event }) => event);

describe("an upkeep goes on", () => {
	test.each([0, 1])("with the other conversation where the one or the other fails (%s)", async (n) => {
		const grace = await at.agent("grace");
		const talks: { readonly name: string; readonly id?: string }[] = [];
		for (const name of ["ada", "bob"]) {
			const customer = await at.customer(`${name}@example.com`);
			await customer.say(name);
			await hearsAt(grace.client, name);
			await at.eventually(async () => (await conversation(customer.conversationId)).assignedAgentId === grace.id);
			talks.push({ name, id: customer.conversationId });
		}
		const joan = await at.agent("joan");
		await at.crm.availability.choose(APP, grace.id, "offline");
		storage.onGet = (collection, [key]) => {
			if (collection === "conversations" && String(key).endsWith(`/${talks[n]?.id}`)) fail();
		};
		await at.crm.upkeep();
		await hearsAt(joan.client, talks[1 - n]?.name ?? "");
		expect(failures()).toContain("conversation not tended");
		storage.onGet = () => {};
		await at.crm.upkeep();
		await hearsAt(joan.client, talks[n]?.name ?? "");
	});

	test("with the other apps, and the other parts, where one fails", async () => {
		const grace = await at.agent("grace");
		const ada = await at.customer();
		await ada.say("One");
		await hearsAt(grace.client, "One");
		await at.crm.availability.choose(APP, grace.id, "offline");
		storage.onQuery = async (_, { hash }) => {
			if (String(hash).startsWith(`crm/${BROKEN}`)) fail();
		};
		await at.crm.upkeep();
		await hearsAt(ada, "echo: One");
		const told = notes.errors.flatMap(({ event, fields }) => (event === "upkeep failed" ? fields : []));
		expect(told).toEqual(["agents", "waiting", "attachments", "jobs"].map((part) => ({ app: BROKEN, part })));
	});
});

describe("an upkeep makes good", () => {
	test("that an agent's connections couldn't be told to hear what they were given", async () => {
		const grace = await at.agent("grace");
		await at.crm.availability.choose(APP, grace.id, "offline");
		const ada = await at.customer();
		await ada.say("Hello?");
		await at.eventually(() => ada.of("queue").length > 0);
		storage.onTransact = (writes) => {
			const heads = writes.map((write) => JSON.stringify(write)).filter((write) => write.includes('"name":"sessions"'));
			if (heads.some((head) => head.includes('"role":"agent"'))) fail();
		};
		await at.crm.availability.choose(APP, grace.id, "online");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === grace.id);
		await at.eventually(() => failures().includes("routing failed"), failures);
		storage.onTransact = () => {};
		expect(grace.client.read).toEqual([]);
		await at.crm.upkeep();
		await hearsAt(grace.client, "Hello?");
		await ada.say("There?");
		expect(grace.client.read).toContain("There?");
	});

	test("that an agent's taking over couldn't be noted, and nobody else is given it for that", async () => {
		const ada = await at.customer();
		await ada.say("Hello?");
		await at.eventually(() => ada.of("queue").length > 0);
		const joan = await at.agent("joan");
		await at.crm.availability.choose(APP, joan.id, "busy");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === joan.id);
		const grace = await at.agent("grace");
		await grace.client.act("join", { conversationId: ada.conversationId });
		storage.onTransact = (writes) => {
			if (writes.some((write) => "put" in write && write.put.name === "assignments")) fail();
		};
		await grace.client.act("takeOver", { conversationId: ada.conversationId });
		await at.eventually(() => failures().includes("agent not noted"));
		const { id = "" } = { id: ada.conversationId };
		expect(await at.crm.assignments.of(APP, id)).toMatchObject({ agentId: joan.id });
		storage.onTransact = () => {};
		await at.crm.upkeep();
		await at.eventually(async () => (await conversation(id)).assignedAgentId === grace.id);
	});

	test("that a process died between the change of a waiting conversation's department and that of whom it waits for", async () => {
		const [sales, support] = [await at.agent("sales"), await at.agent("support")];
		for (const [department, { id }] of Object.entries({ sales, support })) {
			await at.crm.agents.update(APP, id, { departments: [department] });
			await at.crm.availability.choose(APP, id, "offline");
		}
		const ada = await at.customer();
		const id = ada.conversationId ?? "";
		await at.crm.conversations.update(APP, id, { department: "support" });
		await ada.say("Hello?");
		await at.eventually(() => ada.of("queue").length > 0);
		storage.onTransact = (writes) => {
			if (writes.some((write) => "put" in write && write.put.name === "assignmentQueue")) fail();
		};
		const department = "sales";
		await at.crm.conversations.update(APP, id, { department });
		const moving = at.crm.assignments.move(APP, id, { department, own: department });
		await expect(moving).rejects.toMatchObject({ code: "storage_unavailable" });
		storage.onTransact = () => {};
		await at.crm.availability.choose(APP, sales.id, "online");
		await at.crm.upkeep();
		await at.eventually(async () => (await conversation(id)).assignedAgentId === sales.id);
	});

	test("that the agent of a customer who waits has gone: somebody who is free has it", async () => {
		const grace = await at.agent("grace");
		const [waits, answered] = [await at.customer(), await at.customer("bob@example.com")];
		for (const each of [waits, answered]) {
			await each.say("One");
			await at.eventually(async () => (await conversation(each.conversationId)).assignedAgentId === grace.id);
		}
		const { conversationId } = answered;
		await grace.client.act("sendMessage", { conversationId, content: "Yes", messageType: "text" });
		await grace.client.act("giveBack", { conversationId });
		await at.eventually(async () => {
			const { waitingSince } = (await at.crm.conversations.activity(APP, conversationId ?? "")) ?? {};
			return waitingSince === undefined;
		});
		const joan = await at.agent("joan");
		await at.crm.availability.choose(APP, grace.id, "offline");
		await at.crm.upkeep();
		await hearsAt(joan.client, "One");
		await at.eventually(async () => (await conversation(waits.conversationId)).assignedAgentId === joan.id);
		expect((await conversation(conversationId)).assignedAgentId).toBe(grace.id);
		expect((await at.crm.agents.get(APP, grace.id))?.activeConversations).toBe(1);
	});
});

test("the bot isn't given a conversation that somebody took while an upkeep was about it", async () => {
	const ada = await at.customer();
	await ada.say("Hello?");
	await hearsAt(ada, "echo: Hello?");
	await at.eventually(() => ada.of("queue").length > 0);
	const { id } = await at.agent("grace");
	await at.crm.availability.choose(APP, id, "offline");
	await at.crm.assignments.release(APP, ada.conversationId ?? "");
	await at.crm.assignments.request(APP, ada.conversationId ?? "");
	let hasBegun = false;
	let looked = 0;
	storage.onQuery = async (collection, { index, hash }) => {
		if (collection === "assignmentQueue") hasBegun = true;
		if (!hasBegun || index !== "byState" || hash !== `crm/${APP}/online` || looked++ > 0) return;
		// That nobody was there is told only when everything has changed.
		await at.crm.availability.choose(APP, id, "online");
		await at.eventually(async () => (await conversation(ada.conversationId)).assignedAgentId === id);
		await at.office.idle();
	};
	await at.crm.upkeep();
	expect(looked).toBeGreaterThan(0);
	await at.eventually(async () => {
		const session = await at.office.session(APP, ada.conversationId ?? "");
		return session?.floor.holder === undefined;
	});
});

test("a desk is told that a conversation was erased", async () => {
	const ada = await at.customer();
	await ada.say("One");
	const id = ada.conversationId ?? "";
	const grace = await at.agent("grace");
	await at.eventually(async () => (await conversation(id)).assignedAgentId === grace.id);
	await grace.client.act("subscribe");
	await at.crm.erasures.conversation(APP, id);
	await at.eventually(
		() =>
			grace.client.of("conversation").some(({ event, conversationId }) => event === "removed" && conversationId === id),
		() => grace.client.frames,
	);
});
