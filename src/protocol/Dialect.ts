import type { ConversationSummary } from "./conversation.js";
import type { Attachment, Entry, Role, Sender } from "./envelope.js";
import type { ErrorCode } from "./errors.js";
import type { StentorRequest } from "./stentor.js";

/** What a client asks for, whatever dialect it speaks. */
export type Command =
	| { readonly type: "join"; readonly sessionId: string; readonly profile: Profile }
	| { readonly type: "leave"; readonly sessionId: string }
	| {
			readonly type: "message";
			readonly sessionId: string;
			/** Given by clients that want an acknowledgement; unique for ever for this sender in this session. */
			readonly messageId?: string;
			readonly request: StentorRequest;
			readonly attachments?: readonly Attachment[];
			readonly format?: "image" | "file";
	  }
	/** A message that only staff may read; whoever writes it doesn't take part in the talk by that. */
	| { readonly type: "note"; readonly sessionId: string; readonly messageId?: string; readonly text: string }
	| { readonly type: "typing"; readonly sessionId: string; readonly on: boolean }
	| { readonly type: "bargeIn"; readonly sessionId: string; readonly profile: Profile }
	| { readonly type: "bargeOut"; readonly sessionId: string }
	| { readonly type: "close"; readonly sessionId: string }
	/** Opens what is closed again, without saying anything. */
	| { readonly type: "reopen"; readonly sessionId: string }
	/** Puts what is closed away: what its visitor has to say next belongs into another session. */
	| { readonly type: "archive"; readonly sessionId: string }
	/** Asks that somebody else answers: an answering connector of this name, or a person. */
	| { readonly type: "handOff"; readonly sessionId: string; readonly target?: string }
	| { readonly type: "rate"; readonly sessionId: string; readonly rating: number; readonly comment?: string }
	| { readonly type: "resume"; readonly sessionId: string; readonly since: number }
	| {
			readonly type: "receipt";
			readonly sessionId: string;
			readonly delivered?: number;
			/** Up to which entry; `all`: whatever there is now. */
			readonly read?: number | "all";
	  }
	/** Wants to be told of conversations that change; `since`: the newest cursor that it has. */
	| { readonly type: "subscribe"; readonly since?: string }
	| { readonly type: "unsubscribe" }
	| { readonly type: "ping" };

/** Who a connection belongs to, as its client is told. */
export interface Greeting {
	readonly customerId: string;
	/** With it the same person comes back to this session, on any device. */
	readonly token?: string;
}

/** What a client says of the person at it. */
export interface Profile {
	readonly name?: string;
	readonly email?: string;
	readonly avatar?: string;
}

/** A decoded frame. */
export interface Incoming {
	readonly command: Command;
	/** The client's clock when it made the frame, epoch milliseconds. */
	readonly timeMs?: number;
}

/** What is told to one reader and not kept: presence, answers to a command. */
export type Signal =
	/** The first that a connection is told, where what it may talk in was found or made for it. */
	| { readonly type: "greeting"; readonly greeting: Greeting }
	| { readonly type: "sessionCreated" }
	| { readonly type: "sessionRefused"; readonly code: ErrorCode; readonly error: string; readonly retryable: boolean }
	| { readonly type: "joined" | "left"; readonly who: Sender }
	| { readonly type: "typing"; readonly who: Sender; readonly on: boolean }
	/** An answerer is being asked again: `tries` failed so far, the next one comes in `delayMs`. */
	| {
			readonly type: "retrying";
			readonly who: Sender;
			readonly tries: number;
			readonly delayMs: number;
			readonly error: string;
	  }
	/** `prev`: the entry before it that its sender may see, so that a gap shows. `entry` is what was acknowledged. */
	| {
			readonly type: "ack";
			readonly messageId: string;
			readonly seq: number;
			readonly prev: number;
			readonly timeMs: number;
			readonly entry: Entry;
	  }
	/** Everything up to this entry was erased: what a client still shows of it is to go. */
	| { readonly type: "erased"; readonly seq: number }
	| { readonly type: "resumed"; readonly recovered: boolean; readonly seq: number }
	| { readonly type: "receipt"; readonly who: Sender; readonly delivered?: number; readonly read?: number }
	| {
			readonly type: "refused";
			readonly code: ErrorCode;
			readonly error: string;
			readonly retryable: boolean;
			readonly messageId?: string;
	  }
	/**
	 * A conversation that an agent takes care of, or may see. `assigned` and `released`: it's that agent's from now on, or
	 * no longer; `changed`; `removed`: the agent may not see it any more. `cursor`: where the desk's feed is with it.
	 */
	| {
			readonly type: "conversation";
			readonly conversationId: string;
			readonly event: "assigned" | "released" | "changed" | "removed";
			readonly conversation?: ConversationSummary;
			readonly cursor?: string;
	  }
	/** The desk's feed is on. Not `recovered`: what changed since can't be told whole, lists must be read anew. */
	| { readonly type: "subscribed"; readonly recovered: boolean; readonly cursor: string }
	/** A customer's place in the queue: 1 is next, 0 that they wait no longer. */
	| { readonly type: "queue"; readonly position: number; readonly waitSeconds?: number }
	| { readonly type: "pong" };

/** To whom a frame goes. */
export interface Reader {
	readonly role: Role;
	/** The entry is this reader's own, from another endpoint of theirs. */
	readonly own: boolean;
	/** The client numbers what it has (it sent a `messageId` or `resume`); the published one can't. */
	readonly numbered: boolean;
	/** How far the reader's clock is ahead of ours, in milliseconds; matters to clients that sort by time. */
	readonly aheadMs: number;
}

/** One way of writing frames. Encoders answer undefined for what has no form in the dialect. */
export interface Dialect {
	readonly name: string;
	/**
	 * Its clients know entries by their numbers, and their own words from others': they're sent both receipts and what was
	 * said at their other endpoints. Default: those do that show it, by a `messageId` or `resume`.
	 */
	readonly numbered?: true;
	/** Its clients tell sessions apart: an agent's is attached to every one that the agent was in. Default: to the newest. */
	readonly manySessions?: true;
	/** Throws a `RouterError`: `invalid_frame`, `unknown_event` or `frame_too_large`. */
	decode(frame: string): Incoming;
	entry(sessionId: string, entry: Entry, reader: Reader): string | undefined;
	signal(sessionId: string | undefined, signal: Signal, timeMs: number): string | undefined;
}
