import type * as z from "zod/mini";
import type { Command, Incoming } from "../Dialect.js";
import { RouterError } from "../errors.js";
import { parseFrame } from "../json.js";
import { safeParse } from "../safeParse.js";
import { type ClientAction, clientActions } from "./frames.js";
import { messageCommand } from "./messageCommand.js";

type Data = { [A in ClientAction]: z.infer<ReturnType<typeof clientActions>[A]> };

/** What each action asks for. */
const commands: { [A in ClientAction]: (data: Data[A]) => Command } = {
	sendMessage: messageCommand,
	typing: (d) => ({ type: "typing", sessionId: d.conversationId, on: d.isTyping }),
	markRead: (d) => ({ type: "receipt", sessionId: d.conversationId, read: d.seq ?? "all" }),
	closeConversation: (d) => ({ type: "close", sessionId: d.conversationId }),
	rate: (d) => ({ type: "rate", sessionId: d.conversationId, rating: d.rating, comment: d.comment || undefined }),
	resume: (d) => ({ type: "resume", sessionId: d.conversationId, since: d.since }),
	join: (d) => ({ type: "join", sessionId: d.conversationId, profile: {} }),
	leave: (d) => ({ type: "leave", sessionId: d.conversationId }),
	takeOver: (d) => ({ type: "bargeIn", sessionId: d.conversationId, profile: {} }),
	giveBack: (d) => ({ type: "bargeOut", sessionId: d.conversationId }),
	note: (d) => ({ type: "note", sessionId: d.conversationId, messageId: d.messageId, text: d.content }),
	subscribe: (d) => ({ type: "subscribe", since: d?.since || undefined }),
	unsubscribe: () => ({ type: "unsubscribe" }),
	ping: () => ({ type: "ping" }),
};

/** A client's frame of the chat API. Throws `RouterError`: `invalid_frame`, `unknown_event`, `frame_too_large`. */
export function decodeChatFrame(text: string): Incoming {
	const { action, data } = parseFrame(text);
	if (typeof action !== "string") {
		throw new RouterError("invalid_frame", "The frame has no `action`.");
	}
	if (!Object.hasOwn(clientActions(), action)) {
		const known = Object.keys(clientActions()).join(", ");
		throw new RouterError("unknown_event", `Clients can't send this \`action\`; there are ${known}.`);
	}
	return { command: decodeAction(action as ClientAction, data) };
}

function decodeAction<A extends ClientAction>(action: A, data: unknown): Command {
	const parsed = safeParse(clientActions()[action], data);
	if (!parsed.success) throw new RouterError("invalid_frame", explain(action, parsed.error));
	return commands[action](parsed.data as Data[A]);
}

/** Names the field, not its content: what a customer wrote must not come back in an error or reach a log. */
function explain(action: string, error: z.core.$ZodError): string {
	const issue = error.issues[0];
	const field = ["data", ...(issue?.path ?? [])].join(".");
	return `In "${action}", ${field}: ${issue?.message ?? "is wrong"}.`;
}
