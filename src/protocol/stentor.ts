import * as z from "zod/mini";
import { LIMITS } from "./limits.js";
import { nonEmpty } from "./nonEmpty.js";

/**
 * The parts of Stentor's protocol (github.com/stentorium/stentor, `stentor-models`) that a router must understand.
 * Everything else in a request or a response is passed on as it is.
 */
export const stentorRequest = z.looseObject({
	type: nonEmpty(100),
	rawQuery: z.optional(z.string()),
	token: z.optional(z.string()),
	title: z.optional(z.string()),
	intentId: z.optional(z.string()),
	attributes: z.optional(z.looseObject({})),
});
export type StentorRequest = z.infer<typeof stentorRequest>;

const suggestion = z.union([z.string(), z.looseObject({ title: z.string() })]);

const output = z.union([
	z.string(),
	z.looseObject({
		ssml: z.optional(z.string()),
		displayText: z.optional(z.string()),
		html: z.optional(z.string()),
		suggestions: z.optional(z.array(suggestion)),
	}),
]);

export const stentorResponse = z.looseObject({
	outputSpeech: z.optional(output),
	reprompt: z.optional(output),
	displays: z.optional(z.array(z.looseObject({}))),
	system: z.optional(z.string()),
	data: z.optional(z.looseObject({})),
});
export type StentorResponse = z.infer<typeof stentorResponse>;

/** Whether the request asks a bot for its greeting. */
export function isLaunch(request: StentorRequest): boolean {
	return request.type === "LAUNCH_REQUEST";
}

/** What a person would read of a request: the words, or the chosen item's. */
export function requestText(request: StentorRequest): string {
	return request.rawQuery ?? request.title ?? request.token ?? "";
}

/** What a person would read of a response. */
export function responseText(response: StentorResponse): string {
	const speech = response.outputSpeech;
	if (speech === undefined) return "";
	if (typeof speech === "string") return speech;
	return speech.displayText ?? stripTags(speech.html ?? speech.ssml ?? "");
}

/** A request that says `text`, as the published widget would send it. */
export function textRequest(text: string): StentorRequest {
	return {
		type: "INTENT_REQUEST",
		intentId: "NLU_RESULT_PLACEHOLDER",
		rawQuery: text,
		platform: "stentor-platform",
		channel: "widget",
	};
}

/** A response that says `text`. */
export function textResponse(text: string): StentorResponse {
	return { outputSpeech: { displayText: text } };
}

/** Where a response asks to be handed off to: `target` is undefined for "any human"; the whole is undefined if it doesn't. */
export function handOffOf(response: StentorResponse): { target?: string } | undefined {
	const field =
		response.system === "HANDOFF"
			? "handoffTargetId"
			: response.system === "TRANSFER_CALL"
				? "transferPhoneNumber"
				: undefined;
	if (!field) return undefined;
	const target = response.data?.[field];
	return typeof target === "string" && target ? { target: target.slice(0, LIMITS.nameLength) } : {};
}

function stripTags(markup: string): string {
	return markup
		.replace(/<[^>]*>/g, " ")
		.replace(/\s+/g, " ")
		.trim();
}
