import type * as z from "zod/mini";
import type { Command, Incoming, Profile } from "../Dialect.js";
import { RouterError } from "../errors.js";
import { parseFrame } from "../json.js";
import { safeParse } from "../safeParse.js";
import { type ClientEvent, clientFrames, type VisitorSaid } from "./frames.js";

type Frames = { [E in ClientEvent]: z.infer<ReturnType<typeof clientFrames>[E]> };

/** What each event asks for. */
const commands: { [E in ClientEvent]: (frame: Frames[E]) => Command } = {
	"user joined": (f) => ({ type: "join", sessionId: f.sessionId, profile: profileOf(f.sender) }),
	"user left": (f) => ({ type: "leave", sessionId: f.sessionId }),
	"new message": (f) => ({ type: "message", sessionId: f.sessionId, messageId: f.messageId, request: f.data }),
	typing: (f) => ({ type: "typing", sessionId: f.sessionId, on: true }),
	"stop typing": (f) => ({ type: "typing", sessionId: f.sessionId, on: false }),
	"barge in": (f) => ({ type: "bargeIn", sessionId: f.sessionId, profile: profileOf(f.sender) }),
	"barge out": (f) => ({ type: "bargeOut", sessionId: f.sessionId }),
	resume: (f) => ({ type: "resume", sessionId: f.sessionId, since: f.data.since }),
	// By name: what else stands in `data` isn't checked, and may be called `type`.
	receipt: (f) => ({ type: "receipt", sessionId: f.sessionId, delivered: f.data.delivered, read: f.data.read }),
	ping: () => ({ type: "ping" }),
};

/** A client's frame of the router dialect. Throws `RouterError`: `invalid_frame`, `unknown_event`, `frame_too_large`. */
export function decodeRouterFrame(text: string): Incoming {
	const value = parseFrame(text);
	const event = value.event;
	if (typeof event !== "string") {
		throw new RouterError("invalid_frame", "The frame has no `event`.");
	}
	if (!Object.hasOwn(clientFrames(), event)) {
		const known = Object.keys(clientFrames()).join(", ");
		throw new RouterError("unknown_event", `Clients can't send this \`event\`; there are ${known}.`);
	}
	return decodeEvent(event as ClientEvent, value);
}

function decodeEvent<E extends ClientEvent>(event: E, value: Record<string, unknown>): Incoming {
	const parsed = safeParse(clientFrames()[event], value);
	if (!parsed.success) throw new RouterError("invalid_frame", explain(event, parsed.error));
	const frame = parsed.data as Frames[E];
	return { command: commands[event](frame), timeMs: frame.timeMs };
}

/** Names the field, not its content: what a visitor wrote must not come back in an error or reach a log. */
function explain(event: string, error: z.core.$ZodError): string {
	const issue = error.issues[0];
	const field = issue?.path.join(".") || "the frame";
	return `In "${event}", ${field}: ${issue?.message ?? "is wrong"}.`;
}

function profileOf(sender: VisitorSaid | undefined): Profile {
	return { name: sender?.displayName || undefined, email: sender?.email, avatar: sender?.avatarPath };
}
