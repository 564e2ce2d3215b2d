import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import {
	isLaunch,
	requestText,
	responseText,
	type StentorRequest,
	type StentorResponse,
	stentorRequest,
} from "../../protocol/stentor.js";
import { FALLBACK, GREETING, PRODUCTS, productResponse, READ_ALONG, TOPICS } from "./demoShop.js";

/** The built-in bot's answer: for trying things out where no `BOT_URL` is set. It keeps nothing. */
export function demoAnswer(request: StentorRequest): StentorResponse {
	if (isLaunch(request)) return GREETING;
	const text = wordsOf(requestText(request));
	if (text === "") return {};
	const product = PRODUCTS.find(({ token, title }) => token === request.token || has(text, title.toLowerCase()));
	const answer = product
		? productResponse(product)
		: (TOPICS.find(({ words }) => words.some((word) => has(text, word)))?.response ?? FALLBACK);
	return agentSpoke(request) ? readAlong(answer) : answer;
}

/**
 * The demo bot as an HTTP endpoint's handler: answers a Stentor request posted as JSON, `401` without
 * `Authorization: Bearer <key>`, `400` for what's no request.
 */
export function demoBotHandler(key: string) {
	const expected = digest(`Bearer ${key}`);
	return (authorization: string | undefined, body: string): { status: number; body: string } => {
		if (!timingSafeEqual(digest(authorization ?? ""), expected)) return refusal(401, "The bot's key is needed.");
		const request = parse(body);
		if (!request) return refusal(400, "That's no Stentor request.");
		return { status: 200, body: JSON.stringify(demoAnswer(request)) };
	};
}

const transcript = z.array(z.looseObject({ from: z.string() }));

/** Whether we get the floor back from a person. */
function agentSpoke(request: StentorRequest): boolean {
	const lines = transcript.safeParse(request.attributes?.transcript);
	return lines.success && lines.data.some(({ from }) => from === "agent");
}

function readAlong(answer: StentorResponse): StentorResponse {
	const displayText = `${READ_ALONG} ${responseText(answer)}`;
	const speech = typeof answer.outputSpeech === "object" ? answer.outputSpeech : {};
	return { ...answer, outputSpeech: { ...speech, displayText } };
}

/** The words, lower-case and with one space around each, so that a phrase can be looked for as it is. */
function wordsOf(text: string): string {
	return (text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []).join(" ");
}

function has(words: string, phrase: string): boolean {
	return ` ${words} `.includes(` ${phrase} `);
}

function parse(body: string): StentorRequest | undefined {
	try {
		return stentorRequest.parse(JSON.parse(body));
	} catch {
		return undefined;
	}
}

function refusal(status: number, error: string) {
	return { status, body: JSON.stringify({ error }) };
}

function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}
