import { setTimeout as pause } from "node:timers/promises";
import { afterEach } from "@jest/globals";
import type { DeskSubscriber } from "../../../src/connectors/Desk.js";
import type { StaffActor } from "../../../src/crm/access/Actor.js";
import { ConversationStore } from "../../../src/crm/conversations/ConversationStore.js";
import { Conversations } from "../../../src/crm/conversations/Conversations.js";
import { type ConversationChange, LocalChanges } from "../../../src/crm/conversations/changes.js";
import { conversationCollections } from "../../../src/crm/conversations/collections.js";
import { ConversationProjection } from "../../../src/crm/conversations/projection.js";
import { customerCollections } from "../../../src/crm/customers/records.js";
import { DeskFeed, type DeskFeedPorts } from "../../../src/crm/desk/DeskFeed.js";
import { deskCollections } from "../../../src/crm/desk/shared/records.js";
import { SharedDesk } from "../../../src/crm/desk/shared/SharedDesk.js";
import { newId } from "../../../src/delivery/identity.js";
import type { PostOfficePorts } from "../../../src/delivery/ports.js";
import { collections } from "../../../src/delivery/records.js";
import { type Monitor, silent } from "../../../src/monitoring/Monitor.js";
import type { ConversationSummary } from "../../../src/protocol/conversation.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../../src/storage/Storage.js";
import { type ChatClient, ChatOffice } from "../../connectors/chatOffice.js";
import { eventually } from "../../support/eventually.js";
import { AGENT_TOKEN } from "../../support/office.js";

export const APP = "shop";

const open: DeskGiven[] = [];
afterEach(async () => {
	for (const each of open.splice(0)) await each.close();
});

export interface GivenOptions extends Partial<PostOfficePorts> {
	readonly gapMs?: number;
	/** As where there are several processes: changes come as from DynamoDB's streams. Default: this process makes them all. */
	readonly isShared?: boolean;
	readonly announce?: (announce: DeskFeedPorts["announce"]) => DeskFeedPorts["announce"];
}

/** The agent of these tests who is called so. */
export const agentId = (name: string) => `${AGENT_TOKEN}-${name}`;

/** A post office with the CRM's conversations and the desk's feed. */
export class DeskGiven {
	readonly at: ChatOffice;
	readonly desk: DeskFeed | SharedDesk;
	private readonly stream?: ChangeStream;
	readonly conversations: Conversations;
	readonly store: ConversationStore;
	readonly storage: Storage;
	/** What agents are, other than agents of all departments. */
	readonly staff = new Map<string, Partial<StaffActor>>();

	constructor({ gapMs = 10, isShared = false, announce = (same) => same, ...given }: GivenOptions = {}) {
		this.storage =
			given.storage ??
			new MemoryStorage({
				collections: [...collections, ...customerCollections, ...conversationCollections, ...deskCollections],
			});
		const { storage } = this;
		const topic = `test-${newId()}`;
		const changes = new LocalChanges();
		const ports = { storage, clock: Date.now, topic, onChange: changes.announce };
		const deskPorts = {
			topic,
			storage,
			clock: given.clock ?? Date.now,
			changes,
			gapMs,
			monitor: {
				debug() {},
				info() {},
				warn() {},
				error: (...said: Parameters<Monitor["error"]>) => this.at.notes.error(...said),
			},
			announce: announce((...to) => this.at.office.announce(...to)),
			actorOf: async ({ app, account = "" }: DeskSubscriber) => {
				const id = account.slice("agent/".length);
				return { role: "agent" as const, app, agentId: id, departments: [], ...this.staff.get(id) };
			},
		};
		if (isShared) {
			const desk = new SharedDesk({
				...deskPorts,
				reach: (connections) => this.at.office.reach(connections),
				gone: (connection) => this.at.office.disconnect(connection),
			});
			this.desk = desk;
			this.stream = new ChangeStream(changes, gapMs, async (batch) => {
				await desk.changed(batch).catch((error) => {
					deskPorts.monitor.error("desk not told", error);
					throw error;
				});
			});
		} else this.desk = new DeskFeed(deskPorts);
		this.at = new ChatOffice({ clock: Date.now, soleOwner: !isShared, ...given, storage, topic, desk: this.desk });
		this.conversations = new Conversations(ports);
		this.store = new ConversationStore(ports);
		this.at.office.plug(new ConversationProjection({ monitor: silent, ...ports, gatherMs: 40 }));
		open.push(this);
	}

	async close(): Promise<void> {
		await this.at.office.close();
		if (this.desk instanceof DeskFeed) await this.desk.close();
		await this.stream?.close();
	}

	/** An agent whose connection has subscribed. */
	async subscriber(name: string, is: Partial<StaffActor> = {}): Promise<DeskClient> {
		this.staff.set(agentId(name), is);
		const desk = new DeskClient(await this.at.chatAgent(name));
		await desk.subscribe();
		return desk;
	}

	/** Whose it is from now on. */
	async move(id: string, to: { readonly department?: string; readonly agent?: string }): Promise<void> {
		const agent =
			to.agent === undefined ? undefined : { id: agentId(to.agent), email: "a@example.com", name: to.agent };
		await this.store.change(APP, id, undefined, () => ({
			department: to.department,
			assignedAgentId: agent?.id,
			agent,
		}));
	}

	/** A visitor who has said this, and whose conversation there is. */
	async asking(text: string) {
		const visitor = await this.at.visitor();
		await visitor.say(text);
		await eventually(() => this.conversations.get(APP, visitor.sessionId));
		return visitor;
	}
}

/** Changes as a stream of the conversations' tables has them: those that were written, in batches, until they're taken. */
class ChangeStream {
	private waiting: ConversationChange[] = [];
	private readonly stopping = new AbortController();
	private readonly running: Promise<void>;

	constructor(changes: LocalChanges, gapMs: number, take: (batch: readonly ConversationChange[]) => Promise<void>) {
		// That something was said is in another stream.
		changes.listen((change) => change.entry || this.waiting.push(change));
		this.running = this.run(gapMs, take);
	}

	async close(): Promise<void> {
		this.stopping.abort();
		await this.running;
	}

	private async run(gapMs: number, take: (batch: readonly ConversationChange[]) => Promise<void>): Promise<void> {
		while (!this.stopping.signal.aborted) {
			await pause(gapMs, undefined, { signal: this.stopping.signal }).catch(() => {});
			const batch = this.waiting.splice(0, 100);
			if (batch.length === 0) continue;
			await take(batch).catch(() => this.waiting.unshift(...batch));
		}
	}
}

/** What an agent's client makes of what it's told: as the documents say that it should. */
export class DeskClient {
	/** By conversation: what it shows. */
	readonly shown = new Map<string, ConversationSummary>();
	cursor: string | undefined;
	private taken = 0;

	constructor(readonly client: ChatClient) {}

	subscribe(since?: string): Promise<void> {
		return this.client.act("subscribe", { since });
	}

	/** Reads the frames that it hasn't read yet; answers whether lists are to be read anew. */
	read(): boolean {
		const frames = this.client.frames.slice(this.taken);
		this.taken += frames.length;
		let isLost = false;
		for (const { type, data } of frames) {
			if (type !== "conversation" && type !== "subscribed") continue;
			this.cursor = data.cursor ?? this.cursor;
			if (type === "subscribed") isLost ||= !data.recovered;
			else if (data.event === "removed") this.shown.delete(data.conversationId);
			else if ((this.shown.get(data.conversationId)?.version ?? 0) <= data.conversation.version) {
				this.shown.set(data.conversationId, data.conversation);
			}
		}
		return isLost;
	}

	/** Waits until it shows this of a conversation. */
	async shows(id: string, what: (shown: ConversationSummary | undefined) => void): Promise<void> {
		await eventually(() => {
			this.read();
			what(this.shown.get(id));
		});
	}

	/** Loses its connection, and makes another. */
	async reconnect(since = this.cursor): Promise<void> {
		await this.client.drop();
		await this.client.connect();
		this.taken = 0;
		await this.subscribe(since);
	}
}
