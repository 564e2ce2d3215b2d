import type { RouterMessage } from "../../../src/protocol/router/frames.js";
import type { HeldConnection } from "../managementApi.js";

export type Frame = RouterMessage<Readonly<Record<string, unknown>>>;

/** A widget's frame that says this, and is to be acknowledged. */
export function saying(sessionId: string, text: string, messageId: string): object {
	return { event: "new message", sessionId, messageId, data: { type: "INTENT_REQUEST", rawQuery: text } };
}

/** What API Gateway took for a connection. */
export function framesOf({ received }: HeldConnection): Frame[] {
	return received.map((text) => JSON.parse(text) as Frame);
}

/** The ids of the messages that were acknowledged, each as often as it was. */
export function acknowledged(held: HeldConnection): string[] {
	return framesOf(held).flatMap(({ event, data }) => (event === "ack" ? [String(data?.messageId)] : []));
}

/** What refusals and failures told: their codes, and whether to try again. */
export function refusals(held: HeldConnection): { code: unknown; retryable: unknown; messageId: unknown }[] {
	return framesOf(held).flatMap(({ event, data }) =>
		event === "failure" ? [{ code: data?.code, retryable: data?.retryable, messageId: data?.messageId }] : [],
	);
}

/** What others said to a connection, in the order it came, each as often as it did. */
export function heard(held: HeldConnection): string[] {
	return framesOf(held).flatMap(({ event, data, own }) => {
		if (event !== "new message" || own) return [];
		const speech = data?.outputSpeech as { displayText?: string } | undefined;
		return [String(speech?.displayText ?? data?.rawQuery)];
	});
}
