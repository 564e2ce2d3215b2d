import * as z from "zod";
import { sessionKey } from "../../delivery/identity.js";
import { entries } from "../../delivery/records.js";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import type { Entry } from "../../protocol/envelope.js";
import { RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import type { TextIndex, TextPlace } from "../../storage/TextIndex.js";
import { scopeOf } from "../agents/records.js";
import type { Conversations } from "../conversations/Conversations.js";
import type { ConversationFields } from "../conversations/records.js";
import { type Listing, type ListPart, listPart } from "../lists/Listing.js";
import { isShown, type Message, messageOf, type Reader } from "../messages/Message.js";
import { parseInput } from "../records/input.js";
import { matchOf } from "./matching.js";
import { type Sought, soughtIn } from "./query.js";
import { type Snippet, snippetOf } from "./snippet.js";

export interface SearchPorts {
	readonly topic: string;
	readonly storage: Storage;
	readonly index: TextIndex;
	readonly conversations: Conversations;
}

/** A message that was found. */
export interface Hit {
	readonly message: Message;
	readonly snippet: Snippet;
	/** In whose conversation. */
	readonly conversation: Pick<
		ConversationFields,
		"id" | "appId" | "customerId" | "assignedAgentId" | "status" | "subject"
	>;
}

/** Who looks, and where. */
export interface Looking {
	readonly reader: Reader;
	/** Only in this customer's conversations: the newest 100 of them. Default: in everybody's. */
	readonly customerId?: string;
	/** Only in this conversation. */
	readonly conversationId?: string;
	/** Whether they may see what is said in a conversation. Default: in all. */
	readonly maySee?: (conversation: ConversationFields) => boolean;
}

/** So many of the newest messages that match are compared, and ranked, at a time; then the next as many. */
const WINDOW = 100;
const CUSTOMERS_NEWEST = 100;
const BATCH = 100;
/** How many windows are looked through for one page: where a reader may see little, a page is shorter. */
const WINDOWS = 10;

const place = atFirstUse(() => z.tuple([z.string().max(2_000).nullable(), z.int().min(0).max(WINDOW)]));

/** Finds messages by their words, the best of the newest first. */
export class Search {
	constructor(private readonly ports: SearchPorts) {}

	/** Throws `invalid_input` for what holds no word. */
	async search(app: string, typed: string, looking: Looking, part: ListPart = {}): Promise<Listing<Hit>> {
		const { limit, cursor } = parseInput(listPart(), part);
		const sought = soughtIn(typed);
		const groups = await this.groupsOf(app, looking);
		const scope = scopeOf(this.ports.topic, app);
		let [from, skip] = cursor === undefined ? [undefined, 0] : placeIn(cursor);
		const items: Hit[] = [];
		for (let windows = 0; windows < WINDOWS; windows++) {
			const window = await this.ports.index.find({ ...sought, scope, groups }, { limit: WINDOW, from });
			const ranked = await this.ranked(app, sought, looking, window.places);
			const left = ranked.slice(skip, skip + limit - items.length);
			items.push(...left);
			if (skip + left.length < ranked.length) return { items, nextCursor: cursorOf(window.here, skip + left.length) };
			if (window.next === undefined) return { items };
			[from, skip] = [window.next, 0];
			if (items.length === limit) break;
		}
		return { items, nextCursor: cursorOf(from, 0) };
	}

	/** The sessions that are looked through; undefined: all. */
	private async groupsOf(app: string, { customerId, conversationId }: Looking): Promise<string[] | undefined> {
		const keyOf = (id: string) => sessionKey(this.ports.topic, app, id);
		if (conversationId !== undefined) return [keyOf(conversationId)];
		if (customerId === undefined) return undefined;
		const { items } = await this.ports.conversations.list(app, { customerId }, { limit: CUSTOMERS_NEWEST });
		return items.map(({ id }) => keyOf(id));
	}

	private async ranked(
		app: string,
		sought: Sought,
		{ reader, maySee = () => true }: Looking,
		places: readonly TextPlace[],
	): Promise<Hit[]> {
		const found = (await this.read(places)).flatMap((entry) => {
			if (!isShown(entry, reader) || entry.content.type !== "message") return [];
			const match = matchOf(entry.content.text, sought);
			return match ? [{ entry, match, text: entry.content.text }] : [];
		});
		const messages = found.map(({ entry }) => messageOf(entry, undefined, new Map()));
		const conversations = await this.conversationsOf(app, messages);
		const hits = found.flatMap(({ match, text }, i) => {
			const message = messages[i];
			const conversation = message && conversations.get(message.conversationId);
			if (!message || !conversation || !maySee(conversation)) return [];
			const { id, appId, customerId, assignedAgentId, status, subject } = conversation;
			const about = { id, appId, customerId, assignedAgentId, status, subject };
			return [{ score: match.score, hit: { message, snippet: snippetOf(text, match.spans), conversation: about } }];
		});
		// Of those that match as well, the newest comes first, as the index has them.
		return hits.sort((a, b) => b.score - a.score).map(({ hit }) => hit);
	}

	private async read(places: readonly TextPlace[]): Promise<Entry[]> {
		const read: Entry[] = [];
		for (let at = 0; at < places.length; at += BATCH) {
			const keys = places.slice(at, at + BATCH).map(({ group, number }) => [group, number] as const);
			read.push(...(await this.ports.storage.batchGet(entries, keys)).flatMap((entry) => entry ?? []));
		}
		return read;
	}

	private async conversationsOf(
		app: string,
		messages: readonly Message[],
	): Promise<ReadonlyMap<string, ConversationFields>> {
		const ids = [...new Set(messages.map(({ conversationId }) => conversationId))];
		const found = new Map<string, ConversationFields>();
		for (let at = 0; at < ids.length; at += BATCH) {
			for (const each of await this.ports.conversations.several(app, ids.slice(at, at + BATCH)))
				found.set(each.id, each);
		}
		return found;
	}
}

function cursorOf(from: string | undefined, skip: number): string {
	return Buffer.from(JSON.stringify([from ?? null, skip])).toString("base64url");
}

function placeIn(cursor: string): [from: string | undefined, skip: number] {
	try {
		const [from, skip] = place().parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
		return [from ?? undefined, skip];
	} catch (cause) {
		throw new RouterError("invalid_query", "The cursor is malformed.", { cause });
	}
}
