import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { AxiosResponse } from "axios";
import type { BotSettings } from "../../apps/Apps.js";
import type { StentorRequest, StentorResponse } from "../../protocol/stentor.js";
import { BotFailure } from "./BotFailure.js";
import { readBotAnswer } from "./readBotAnswer.js";

export interface BotClientOptions {
	/** How long one try may take, from connecting to the answer's last byte, in milliseconds. */
	readonly timeoutMs: number;
	/** The largest answer that's read, in bytes after decompression. */
	readonly responseBytes: number;
}

/** Posts requests to bots over connections that are kept alive. Each call is one try; it throws `BotFailure`. */
export class BotClient {
	private readonly options: BotClientOptions;
	private readonly agents = {
		httpAgent: new Agent({ keepAlive: true }),
		httpsAgent: new SecureAgent({ keepAlive: true }),
	};

	constructor(options: BotClientOptions) {
		this.options = options;
	}

	async post(bot: BotSettings, request: StentorRequest, signal: AbortSignal): Promise<StentorResponse> {
		const host = hostOf(bot.url);
		const ending = new AbortController();
		const end = () => ending.abort();
		const timer = setTimeout(end, this.options.timeoutMs);
		signal.addEventListener("abort", end);
		try {
			return readBotAnswer(host, await this.send(bot, request, ending.signal));
		} catch (error) {
			if (error instanceof BotFailure) throw error;
			throw ending.signal.aborted ? this.timedOut(host) : unreachable(host, error);
		} finally {
			clearTimeout(timer);
			signal.removeEventListener("abort", end);
		}
	}

	/** Closes the connections. */
	close(): void {
		this.agents.httpAgent.destroy();
		this.agents.httpsAgent.destroy();
	}

	private async send(bot: BotSettings, request: StentorRequest, signal: AbortSignal): Promise<AxiosResponse<string>> {
		// Loaded with the first request: it takes 90 ms, which a Lambda that only connects sockets needn't pay.
		const { default: axios } = await import("axios");
		const send = () =>
			axios.post<string>(bot.url, request, {
				...this.agents,
				signal,
				headers: {
					Accept: "application/json",
					"User-Agent": "stentor-chat-router",
					...(bot.key && { Authorization: `Bearer ${bot.key}` }),
				},
				// Elsewhere the key would go to whom it isn't meant for.
				maxRedirects: 0,
				maxContentLength: this.options.responseBytes,
				responseType: "text",
				validateStatus: () => true,
			});
		return send().catch((error) => (wasStale(error) ? send() : Promise.reject(error)));
	}

	private timedOut(host: string): BotFailure {
		const message = `${host} did not answer within ${this.options.timeoutMs} ms.`;
		return new BotFailure(message, "The bot did not answer in time.", { retryable: true });
	}
}

function unreachable(host: string, error: unknown): BotFailure {
	const { code = "unknown error", message = "" } = error as { code?: string; message?: string };
	if (message.startsWith("maxContentLength")) {
		return new BotFailure(`${host} answered too much.`, "The bot's answer was too long.", { retryable: false });
	}
	return new BotFailure(`${host} could not be reached (${code}).`, "The bot could not be reached.", {
		retryable: true,
	});
}

/** The bot had closed a connection that we kept, just when we used it again: no failure of the bot's. */
function wasStale(error: { code?: string; request?: { reusedSocket?: boolean } }): boolean {
	return (error.code === "ECONNRESET" || error.code === "EPIPE") && error.request?.reusedSocket === true;
}

function hostOf(url: string): string {
	return URL.canParse(url) ? new URL(url).host : "The bot's address";
}
