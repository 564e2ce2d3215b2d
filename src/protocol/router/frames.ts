import * as z from "zod";
import { atFirstUse } from "../atFirstUse.js";
import { LIMITS } from "../limits.js";
import { stentorRequest } from "../stentor.js";

/** An id that a client chooses: readable characters only, so that it can stand in keys and logs. */
export const clientId = z
	.string()
	.min(1)
	.max(LIMITS.idLength)
	.regex(/^[\w.:@+~=-]+$/, "may hold letters, digits and _ . : @ + ~ = - only");

/** Who sent a frame, as the published client writes it. Nothing in it is believed but the name and the picture. */
const visitorInfo = atFirstUse(() => {
	const name = z.string().max(LIMITS.nameLength).optional().catch(undefined);
	return z.looseObject({
		displayName: name,
		email: name,
		avatarPath: z.string().max(LIMITS.avatarLength).optional().catch(undefined),
	});
});
export type VisitorSaid = z.infer<ReturnType<typeof visitorInfo>>;

/** The frames that a client may send, by their event. */
export const clientFrames = atFirstUse(() => {
	const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
	const base = {
		sessionId: clientId,
		sender: visitorInfo().optional(),
		timeMs: z.number().optional().catch(undefined),
	};

	return {
		"user joined": z.looseObject(base),
		"user left": z.looseObject(base),
		"new message": z.looseObject({
			...base,
			messageId: clientId.optional(),
			data: stentorRequest,
		}),
		typing: z.looseObject(base),
		"stop typing": z.looseObject(base),
		"barge in": z.looseObject(base),
		"barge out": z.looseObject(base),
		resume: z.looseObject({ ...base, data: z.looseObject({ since: seq }) }),
		receipt: z.looseObject({
			...base,
			data: z.looseObject({ delivered: seq.optional(), read: seq.optional() }),
		}),
		ping: z.looseObject({ timeMs: base.timeMs }),
	} as const;
});

export type ClientEvent = keyof ReturnType<typeof clientFrames>;

/** The events of the router dialect, both directions. */
export type RouterEvent =
	| ClientEvent
	| "connection update"
	| "failure"
	| "account status"
	| "disconnect"
	| "reconnect"
	| "reconnect failed"
	| "reconnect error"
	| "ack"
	| "closed"
	| "reopened"
	| "archived"
	| "rated"
	| "erased"
	| "resumed"
	| "pong";

/** The `sender` of a frame. */
export interface VisitorInfo {
	deviceId: "Widget" | "Bot" | "Router";
	userId: string;
	isAdmin: boolean;
	displayName?: string;
	avatarPath?: string;
	email?: string;
	urlAttributes: { path?: string[]; query?: Record<string, string> };
}

/** A frame of the router dialect, as it's on the wire. */
export interface RouterMessage<Data = unknown> {
	event: RouterEvent;
	data?: Data;
	sender?: VisitorInfo;
	sessionId?: string;
	timeMs?: number;
	messageId?: string;
	/** The entry's number in the session's log. */
	seq?: number;
	/** The number of the entry before it that this reader may see. */
	prev?: number;
	/** Sent by this participant, from another of their endpoints. */
	own?: boolean;
}
