import type { Act, Person } from "../../delivery/Letterbox.js";
import type { PostOffice } from "../../delivery/PostOffice.js";
import type { Entry } from "../../protocol/envelope.js";
import { RouterError } from "../../protocol/errors.js";
import { assertRev } from "../records/decided.js";
import { parseInput } from "../records/input.js";
import type { Conversations } from "./Conversations.js";
import { after, EVENT_FOR } from "./lifecycle.js";
import type { Persons } from "./Persons.js";
import type { ConversationProjection } from "./projection.js";
import type { Conversation, ConversationFields } from "./records.js";
import { type ConversationUpdate, conversationSchemas, type Rating } from "./schema.js";

export interface HandlingPorts {
	readonly office: Pick<PostOffice, "act" | "session">;
	readonly conversations: Conversations;
	readonly projection: Pick<ConversationProjection, "upTo">;
	readonly persons: Pick<Persons, "customer">;
}

/** An act without its session's id: a conversation's is its own. */
export type ActIn = Act extends infer A ? (A extends Act ? Omit<A, "sessionId"> : never) : never;

/**
 * What people do with conversations who aren't at a socket. The session's log comes first: it's the one truth, everybody
 * is told of it, and the conversation follows it; at once here, and by the feed should this process die in between.
 */
export class Handling {
	constructor(private readonly ports: HandlingPorts) {}

	/**
	 * Does something in the conversation's session, and opens that where nobody has said anything yet. See
	 * `PostOffice.act`, whose errors it throws.
	 */
	act(conversation: ConversationFields, by: Person, act: ActIn): Promise<Entry | undefined> {
		const { appId: app, id: sessionId } = conversation;
		const visitor = this.ports.persons.customer(conversation);
		return this.ports.office.act(app, by, { ...act, sessionId } as Act, { visitor, peopleFirst: true });
	}

	/** Closing what is closed changes nothing. Throws `conversation_archived`. */
	async close(conversation: ConversationFields, by: Person): Promise<Conversation> {
		await this.act(conversation, by, { type: "close" });
		return this.followed(conversation);
	}

	/** Opening what is open changes nothing. Throws `conversation_archived`. */
	async reopen(conversation: ConversationFields, by: Person): Promise<Conversation> {
		await this.inSession(conversation, by, { type: "reopen" });
		const now = await this.followed(conversation);
		return now.status === "pending" ? this.wait(conversation, false) : now;
	}

	/** Throws `conversation_open`: it must be closed first. */
	async archive(conversation: ConversationFields, by: Person): Promise<Conversation> {
		if (!(await this.inSession(conversation, by, { type: "archive" }))) throw new RouterError("conversation_open");
		return this.followed(conversation);
	}

	/** The customer rates what is closed, once. Throws `conversation_open`, `conversation_archived`, `conversation_rated`. */
	async rate(conversation: ConversationFields, by: Person, input: Rating): Promise<Conversation> {
		const { rating: given, comment } = parseInput(conversationSchemas().rating, input);
		const isThere = await this.inSession(conversation, by, { type: "rate", rating: given, comment });
		if (!isThere) throw new RouterError("conversation_open");
		return this.followed(conversation);
	}

	/** Asks that somebody else answers: an answerer of this name, or a person. Throws `conversation_closed`, `conversation_archived`. */
	async handOff(conversation: ConversationFields, by: Person, target?: string): Promise<Conversation> {
		after((await this.followed(conversation)).status, "wait");
		await this.act(conversation, by, { type: "handOff", target });
		return this.followed(conversation);
	}

	/** Has read it up to entry `seq` (default: the newest); where nobody has said anything yet, nothing. */
	async read(conversation: ConversationFields, by: Person, seq?: number): Promise<void> {
		await this.inSession(conversation, by, { type: "receipt", read: seq ?? "all" });
	}

	/** It's up to the customer, or no longer. Throws `conversation_closed`, `conversation_archived`. */
	async wait({ appId, id }: ConversationFields, waits = true): Promise<Conversation> {
		return this.ports.conversations.wait(appId, id, waits, await this.follow(appId, id));
	}

	/**
	 * Changes what is named, and then its status. With `rev`, only if it still is at it: that is tested by the write that
	 * takes the next one, so of two who have read the same, one is refused, before anything is in the log. Throws
	 * `invalid_input`, `record_changed`, and as what brings about the status does; then nothing is changed.
	 */
	async update(
		conversation: ConversationFields,
		by: Person,
		input: ConversationUpdate,
		rev?: number,
	): Promise<Conversation> {
		const { appId: app, id } = conversation;
		const { conversations } = this.ports;
		const { status, ...fields } = parseInput(conversationSchemas().conversationUpdate, input);
		if (status === undefined) return conversations.update(app, id, fields, rev);
		const before = await this.followed(conversation);
		assertRev(before, rev);
		after(before.status, EVENT_FOR[status]);
		let now = before;
		if (Object.keys(fields).length > 0) now = await conversations.update(app, id, fields, before.rev);
		else if (rev !== undefined) now = await conversations.claim(app, id, rev);
		if (now.status === status) return now;
		switch (status) {
			case "open":
				return now.status === "pending" ? this.wait(conversation, false) : this.reopen(conversation, by);
			case "pending":
				return this.wait(conversation);
			case "closed":
				return this.close(conversation, by);
			case "archived":
				return this.archive(conversation, by);
		}
	}

	/** Answers whether there's a session: without one, nothing has been said that could be closed or rated. */
	private async inSession(conversation: ConversationFields, by: Person, act: ActIn): Promise<boolean> {
		try {
			await this.act(conversation, by, act);
			return true;
		} catch (error) {
			if (error instanceof RouterError && error.code === "session_unknown") return false;
			throw error;
		}
	}

	private async followed({ appId, id }: ConversationFields): Promise<Conversation> {
		await this.follow(appId, id);
		return this.ports.conversations.get(appId, id);
	}

	/** Brings the conversation to the newest entry of its log, and answers its number. */
	private async follow(app: string, id: string): Promise<number> {
		const seq = (await this.ports.office.session(app, id))?.seq ?? 0;
		if (seq > 0) await this.ports.projection.upTo(app, id, seq);
		return seq;
	}
}
