import * as z from "zod/mini";
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
import { type Match, matchOf } from "./matching.js";
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

interface Matching {
	readonly entry: Entry;
	readonly text: string;
	readonly match: Match;
}

/** So many of the newest messages that match are read at once, compared and ranked; then the next as many. */
const WINDOW = 50;
const CUSTOMERS_NEWEST = 100;
/** How many windows are looked through for one page: where a reader may see little, a page is shorter. */
const WINDOWS = 20;

const place = atFirstUse(() =>
	z.tuple([z.nullable(z.string().check(z.maxLength(2_000))), z.int().check(z.minimum(0), z.maximum(WINDOW))]),
);

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
			const ranked = await this.ranked(sought, looking.reader, window.places);
			while (skip < ranked.length && items.length < limit) {
				const next = ranked.slice(skip, skip + Math.max(limit, WINDOW / 2));
				for (const hit of await this.hits(app, next, looking)) {
					skip++;
					if (hit && items.push(hit) === limit) break;
				}
			}
			if (skip < ranked.length) return { items, nextCursor: cursorOf(window.here, skip) };
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

	/** What matches, the best first; of those that match as well, the newest, as the index has them. */
	private async ranked(sought: Sought, reader: Reader, places: readonly TextPlace[]): Promise<Matching[]> {
		const keys = places.map(({ group, number }) => [group, number] as const);
		const read = keys.length > 0 ? await this.ports.storage.batchGet(entries, keys) : [];
		const found = read.flatMap((entry) => {
			if (!entry || !isShown(entry, reader) || entry.content.type !== "message") return [];
			const { text } = entry.content;
			const match = matchOf(text, sought);
			return match ? [{ entry, match, text }] : [];
		});
		return found.sort((a, b) => b.match.score - a.match.score);
	}

	/** Undefined for those that may not be seen. Up to 100: whose they are is read of those alone that a page may have. */
	private async hits(
		app: string,
		found: readonly Matching[],
		{ maySee = () => true }: Looking,
	): Promise<(Hit | undefined)[]> {
		const said = found.map(({ entry, ...how }) => ({ message: messageOf(entry, undefined, new Map()), ...how }));
		const ids = new Set(said.map(({ message }) => message.conversationId));
		const conversations = await this.ports.conversations.several(app, [...ids]);
		const known = new Map(conversations.map((each) => [each.id, each]));
		return said.map(({ message, text, match }) => {
			const conversation = known.get(message.conversationId);
			if (!conversation || !maySee(conversation)) return undefined;
			const { id, appId, customerId, assignedAgentId, status, subject } = conversation;
			const about = { id, appId, customerId, assignedAgentId, status, subject };
			return { message, snippet: snippetOf(text, match.spans), conversation: about };
		});
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
