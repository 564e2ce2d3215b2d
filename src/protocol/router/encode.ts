import type { Reader, Signal } from "../Dialect.js";
import { type Entry, prevFor, type Sender } from "../envelope.js";
import { handOffOf, type StentorResponse, textRequest, textResponse } from "../stentor.js";
import type { RouterMessage, VisitorInfo } from "./frames.js";

/** The most that the published client's list of texts for failures can be asked for; also its "gave up". */
const FINAL_TRIES = 3;

/** An entry of the log as a frame for this reader; undefined where the dialect has no form for it. */
export function encodeEntry(sessionId: string, entry: Entry, reader: Reader): string | undefined {
	const frame = entryFrame(entry, reader);
	if (!frame) return undefined;
	// Field by field: V8 copies an object with `...` five times as slowly as it writes it as JSON.
	const message: RouterMessage = {
		event: frame.event,
		data: frame.data,
		sender: sender(entry.from),
		sessionId,
		timeMs: reader.numbered ? entry.timeMs : shownTime(entry.timeMs, reader.aheadMs),
		messageId: entry.messageId,
		seq: entry.seq,
		prev: prevFor(reader.role, entry),
	};
	if (reader.own) message.own = true;
	return JSON.stringify(message);
}

/**
 * The published widget sorts by time, against its own clock's for what its person wrote, and drops what has the very
 * time of another message. So it's told its own clock's time, and never a whole millisecond.
 */
function shownTime(timeMs: number, aheadMs: number): number {
	return Math.floor(timeMs + aheadMs) + 0.5;
}

function entryFrame(entry: Entry, reader: Reader): Pick<RouterMessage, "event" | "data"> | undefined {
	const { content, from } = entry;
	switch (content.type) {
		case "message":
			if (from.role === "answerer") {
				return { event: "new message", data: response(content.response, content.text) };
			}
			return { event: "new message", data: textRequest(shown(content)) };
		case "joined":
			return { event: "user joined" };
		case "left":
			return { event: "user left" };
		case "failure":
			return { event: "failure", data: { type: "BOT", tries: FINAL_TRIES, delay: 0, error: content.error } };
		// The published client knows none of these; who numbers what it has would take it that something is missing.
		case "closed":
		case "reopened":
		case "archived":
			return reader.numbered ? { event: content.type } : undefined;
		case "rated":
			return reader.numbered
				? { event: "rated", data: { rating: content.rating, comment: content.comment } }
				: undefined;
		case "erased":
			return reader.numbered ? { event: "erased" } : undefined;
		case "launch":
		case "handOff":
			return undefined;
	}
}

/** With where its files are: the dialect has no other form for them. */
function shown({ text, attachments }: Extract<Entry["content"], { type: "message" }>): string {
	if (!attachments) return text;
	const addresses = attachments.map(({ url }) => url).filter((url) => url !== text);
	return [text, ...addresses].filter(Boolean).join("\n");
}

/** The hand-off in a response is for us; the published widget would show nothing of a `TRANSFER_CALL`, not even its text. */
function response(original: StentorResponse | undefined, text: string): StentorResponse {
	if (!original) return textResponse(text);
	const { system, outputSpeech, ...rest } = original;
	return {
		...rest,
		outputSpeech: isSpokenOnly(outputSpeech) ? { ...outputSpeech, displayText: text } : outputSpeech,
		system: handOffOf(original) ? undefined : system,
	};
}

/** Only for a voice: the widget would show nothing. */
function isSpokenOnly(speech: StentorResponse["outputSpeech"]): speech is { ssml?: string } {
	return typeof speech === "object" && !speech.displayText && !speech.html;
}

/** A signal as a frame; undefined where the dialect has no form for it. */
export function encodeSignal(sessionId: string | undefined, signal: Signal, timeMs: number): string | undefined {
	const frame = signalFrame(signal);
	if (!frame) return undefined;
	const { event, data, sender } = frame;
	return JSON.stringify({ event, data, sender, sessionId, timeMs: timeMs + 0.5 } satisfies RouterMessage);
}

function signalFrame(signal: Signal): Pick<RouterMessage, "event" | "data" | "sender"> | undefined {
	switch (signal.type) {
		case "greeting":
		case "conversation":
		case "subscribed":
		case "queue":
			return undefined;
		case "sessionCreated":
			return { event: "connection update", data: { sessionCreated: true }, sender: router };
		case "sessionRefused":
			return {
				event: "connection update",
				data: { sessionCreated: false, errorMessage: signal.error, code: signal.code, retryable: signal.retryable },
				sender: router,
			};
		case "joined":
			return { event: "user joined", sender: sender(signal.who) };
		case "left":
			return { event: "user left", sender: sender(signal.who) };
		case "typing":
			return { event: signal.on ? "typing" : "stop typing", sender: sender(signal.who) };
		case "retrying":
			return {
				event: "failure",
				data: {
					type: "BOT",
					tries: Math.min(signal.tries, FINAL_TRIES - 1),
					delay: Math.ceil(signal.delayMs / 1000),
					error: signal.error,
				},
				sender: sender(signal.who),
			};
		case "ack": {
			const { messageId, seq, prev, timeMs } = signal;
			return { event: "ack", data: { messageId, seq, prev, timeMs } };
		}
		case "erased":
			return { event: "erased", data: { seq: signal.seq }, sender: router };
		case "resumed":
			return { event: "resumed", data: { recovered: signal.recovered, seq: signal.seq } };
		case "receipt":
			return {
				event: "receipt",
				data: { delivered: signal.delivered, read: signal.read },
				sender: sender(signal.who),
			};
		case "refused": {
			const { code, error, retryable, messageId } = signal;
			const data = { type: "ROUTER", code, error, retryable, messageId, tries: FINAL_TRIES, delay: 0 };
			return { event: "failure", data, sender: router };
		}
		case "pong":
			return { event: "pong" };
	}
}

const router: VisitorInfo = { deviceId: "Router", userId: "router", isAdmin: false, urlAttributes: {} };

function sender(who: Sender): VisitorInfo {
	return {
		deviceId: who.role === "answerer" ? "Bot" : "Widget",
		userId: who.id,
		isAdmin: who.role === "agent",
		displayName: who.name,
		avatarPath: who.avatar,
		urlAttributes: {},
	};
}
