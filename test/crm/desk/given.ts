import { afterEach } from "@jest/globals";
import type { StaffActor } from "../../../src/crm/access/Actor.js";
import { ConversationStore } from "../../../src/crm/conversations/ConversationStore.js";
import { Conversations } from "../../../src/crm/conversations/Conversations.js";
import { LocalChanges } from "../../../src/crm/conversations/changes.js";
import { conversationCollections } from "../../../src/crm/conversations/collections.js";
import { ConversationProjection } from "../../../src/crm/conversations/projection.js";
import { customerCollections } from "../../../src/crm/customers/records.js";
import { DeskFeed, type DeskFeedPorts } from "../../../src/crm/desk/DeskFeed.js";
import { newId } from "../../../src/delivery/identity.js";
import type { PostOfficePorts } from "../../../src/delivery/ports.js";
import { collections } from "../../../src/delivery/records.js";
import { silent } from "../../../src/monitoring/Monitor.js";
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
	readonly announce?: (announce: DeskFeedPorts["announce"]) => DeskFeedPorts["announce"];
}

/** The agent of these tests who is called so. */
export const agentId = (name: string) => `${AGENT_TOKEN}-${name}`;

/** A post office with the CRM's conversations and the desk's feed. */
export class DeskGiven {
	readonly at: ChatOffice;
	readonly desk: DeskFeed;
	readonly conversations: Conversations;
	readonly store: ConversationStore;
	readonly storage: Storage;
	/** What agents are, other than agents of all departments. */
	readonly staff = new Map<string, Partial<StaffActor>>();

	constructor({ gapMs = 10, announce = (same) => same, ...given }: GivenOptions = {}) {
		this.storage =
			given.storage ??
			new MemoryStorage({ collections: [...collections, ...customerCollections, ...conversationCollections] });
		const { storage } = this;
		const topic = `test-${newId()}`;
		const changes = new LocalChanges();
		const ports = { storage, clock: Date.now, topic, onChange: changes.announce };
		this.desk = new DeskFeed({
			topic,
			storage,
			changes,
			gapMs,
			monitor: { debug() {}, info() {}, warn() {}, error: (...said) => this.at.notes.error(...said) },
			announce: announce((...to) => this.at.office.announce(...to)),
			actorOf: async ({ app, account = "" }) => {
				const id = account.slice("agent/".length);
				return { role: "agent", app, agentId: id, departments: [], ...this.staff.get(id) };
			},
		});
		this.at = new ChatOffice({ clock: Date.now, ...given, storage, topic, desk: this.desk });
		this.conversations = new Conversations(ports);
		this.store = new ConversationStore(ports);
		this.at.office.plug(new ConversationProjection({ monitor: silent, ...ports, gatherMs: 40 }));
		open.push(this);
	}

	async close(): Promise<void> {
		await this.at.office.close();
		await this.desk.close();
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
