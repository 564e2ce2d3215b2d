import type { AxiosResponse } from "axios";
import { type StentorResponse, stentorResponse } from "../../protocol/stentor.js";
import { BotFailure } from "./BotFailure.js";

/**
 * What a bot answered. The status alone tells little: Stentor's express server answers its own errors by
 * `200 text/html` with "Error: …". Throws `BotFailure`.
 */
export function readBotAnswer(host: string, { status, headers, data }: AxiosResponse<string>): StentorResponse {
	if (status >= 200 && status < 300) {
		return parse(data) ?? unintelligible(host, String(headers["content-type"] ?? "no type"));
	}
	const retryable = status >= 500 || status === 408 || status === 429;
	throw new BotFailure(
		`${host} answered ${status}.`,
		retryable ? "The bot is having trouble." : "The bot did not take the request.",
		{ retryable, retryAfterMs: waitOf(headers["retry-after"]) },
	);
}

function parse(body: string): StentorResponse | undefined {
	try {
		return stentorResponse.parse(JSON.parse(body));
	} catch {
		return undefined;
	}
}

function unintelligible(host: string, type: string): never {
	const message = `${host} answered 200 with what is no Stentor response (${type.slice(0, 100)}).`;
	throw new BotFailure(message, "The bot's answer could not be understood.", { retryable: true });
}

/** The milliseconds that a `Retry-After` asks for, given in seconds or as a date (RFC 9110, 10.2.3). */
function waitOf(header: unknown): number | undefined {
	if (typeof header !== "string") return undefined;
	const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
	return ms >= 0 ? ms : undefined;
}
