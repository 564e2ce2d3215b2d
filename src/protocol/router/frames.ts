import * as z from "zod/mini";
import { atFirstUse } from "../atFirstUse.js";
import { LIMITS } from "../limits.js";
import { stentorRequest } from "../stentor.js";

/** An id that a client chooses: readable characters only, so that it can stand in keys and logs. */
export const clientId = z
	.string()
	.check(
		z.minLength(1),
		z.maxLength(LIMITS.idLength),
		z.regex(/^[\w.:@+~=-]+$/, "may hold letters, digits and _ . : @ + ~ = - only"),
	);

/** Who sent a frame, as the published client writes it. Nothing in it is believed but the name and the picture. */
const visitorInfo = atFirstUse(() => {
	const orNone = (longest: number) => z.catch(z.optional(z.string().check(z.maxLength(longest))), undefined);
	const name = orNone(LIMITS.nameLength);
	return z.looseObject({
		displayName: name,
		email: name,
		avatarPath: orNone(LIMITS.avatarLength),
	});
});
export type VisitorSaid = z.infer<ReturnType<typeof visitorInfo>>;

/** The frames that a client may send, by their event. */
export const clientFrames = atFirstUse(() => {
	const seq = z.int().check(z.minimum(0));
	const base = {
		sessionId: clientId,
		sender: z.optional(visitorInfo()),
		timeMs: z.catch(z.optional(z.number()), undefined),
	};

	return {
		"user joined": z.looseObject(base),
		"user left": z.looseObject(base),
		"new message": z.looseObject({
			...base,
			messageId: z.optional(clientId),
			data: stentorRequest,
		}),
		typing: z.looseObject(base),
		"stop typing": z.looseObject(base),
		"barge in": z.looseObject(base),
		"barge out": z.looseObject(base),
		resume: z.looseObject({ ...base, data: z.looseObject({ since: seq }) }),
		receipt: z.looseObject({
			...base,
			data: z.looseObject({ delivered: z.optional(seq), read: z.optional(seq) }),
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
