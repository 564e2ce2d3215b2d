import type { Desk, DeskSubscriber } from "../../connectors/Desk.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Monitor } from "../../monitoring/Monitor.js";
import type { Storage } from "../../storage/Storage.js";
import type { StaffActor } from "../access/Actor.js";
import type { Changes, ConversationChange } from "../conversations/changes.js";

/** What tells agents' desks of conversations that change: `deskFeed` in one process, `sharedDesk` in several. */
export interface CrmDesk extends Desk {
	/** Tells of changes that were learnt of elsewhere, as from DynamoDB's streams; if it fails, they're to be given again. */
	changed(changes: readonly ConversationChange[]): Promise<void>;
	/** What an agent may see has changed: what they have isn't it any more. */
	reconsider(app: string, agentId: string): Promise<void>;
	/** Resolves when what's under way is done. */
	close(): Promise<void>;
}

export interface CrmDeskPorts {
	/** The post office's, whose sessions the conversations are. */
	readonly topic: string;
	readonly storage: Storage;
	readonly monitor: Monitor;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** Those that this process makes. */
	readonly changes: Changes;
	/** Whom a connection that was admitted stands for, as they are now. */
	readonly actorOf: (subscriber: DeskSubscriber) => Promise<StaffActor>;
	/** The post office's. */
	readonly announce: PostOffice["announce"];
	readonly reach: PostOffice["reach"];
	/** Is told of a connection that turned out to be gone. */
	readonly gone: (connection: string) => Promise<void>;
}

export type OpenDesk = (ports: CrmDeskPorts) => CrmDesk;
