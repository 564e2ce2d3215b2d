import * as z from "zod/mini";
import type { Answer, TranscriptLine } from "../connectors/Connector.js";
import { atFirstUse } from "../protocol/atFirstUse.js";
import type { Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { safeParse } from "../protocol/safeParse.js";
import type { SessionLog } from "./SessionLog.js";

/** What was said up to entry `to`, as an answerer is told. */
export async function transcriptOf(log: SessionLog, key: string, to: number): Promise<TranscriptLine[]> {
	// Entries without words lie between; a few more are read so that enough lines remain.
	const entries = await log.newest(key, to, LIMITS.transcript * 3);
	return entries
		.filter((entry) => textOf(entry) && !isNote(entry))
		.slice(-LIMITS.transcript)
		.map(lineOf);
}

function lineOf(entry: Entry): TranscriptLine {
	const from = entry.from.role === "answerer" ? "bot" : entry.from.role;
	return { from, text: textOf(entry).slice(0, LIMITS.transcriptText), at: new Date(entry.timeMs).toISOString() };
}

/** What agents write for each other isn't said to the visitor, and an answerer might repeat it. */
function isNote({ from, audience }: Entry): boolean {
	return from.role === "agent" && audience !== "everyone";
}

/** What a person would read of an entry. */
export function textOf({ content }: Entry): string {
	return content.type === "message" ? content.text : "";
}

const displays = atFirstUse(() =>
	z.array(
		z.catch(z.looseObject({ items: z.array(z.looseObject({ token: z.unknown(), title: z.unknown() })) }), {
			items: [],
		}),
	),
);

/** The title of the item with this token, in the newest answer that offered it; undefined if none did. */
export function titleOf(token: string, entries: readonly Entry[]): string | undefined {
	for (const { content } of entries.toReversed()) {
		if (content.type !== "message") continue;
		const offered = safeParse(displays(), content.response?.displays ?? []).data ?? [];
		const item = offered.flatMap(({ items }) => items).find((each) => each.token === token);
		if (typeof item?.title === "string") return item.title;
	}
	return undefined;
}

/** What an outbound frame holds besides what is said, in bytes. */
const ENVELOPE_BYTES = 4_096;

/** The answer, if it can be put into the log and sent. Throws `frame_too_large`, `connector_failed`. */
export function checkAnswer(answer: Answer): Answer {
	const { messages } = answer;
	if (messages.length > LIMITS.answerMessages) {
		throw new RouterError("connector_failed", `An answer may hold ${LIMITS.answerMessages} messages.`);
	}
	for (const { response } of messages) {
		const bytes = Buffer.byteLength(JSON.stringify(response));
		if (bytes > LIMITS.outboundBytes - ENVELOPE_BYTES) {
			throw new RouterError("frame_too_large", `The answer has ${bytes} bytes; that's more than a connection takes.`);
		}
	}
	return answer;
}
