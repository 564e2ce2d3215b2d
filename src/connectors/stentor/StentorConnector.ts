import { setTimeout as pause } from "node:timers/promises";
import pRetry, { type RetryContext } from "p-retry";
import type { App, BotSettings } from "../../apps/Apps.js";
import { type Monitor, silent } from "../../monitoring/Monitor.js";
import type { Profile } from "../../protocol/Dialect.js";
import { RouterError } from "../../protocol/errors.js";
import { handOffOf, responseText, type StentorResponse } from "../../protocol/stentor.js";
import type { Answer, AnsweringConnector, Turn } from "../Connector.js";
import { BotClient } from "./BotClient.js";
import { BotFailure } from "./BotFailure.js";
import { botRequest } from "./botRequest.js";

export interface StentorConnectorOptions {
	/** How often a bot is asked at most, the first time included. Default 3. */
	readonly tries?: number;
	/** How long one try may take, in milliseconds. Default 15,000. */
	readonly timeoutMs?: number;
	/** The pause after the first failed try, in milliseconds; it doubles with each more, and up to half is left to chance. Default 500. */
	readonly pauseMs?: number;
	/** The longest pause, also where a bot asks for a longer one by `Retry-After`. Default 5,000. */
	readonly maxPauseMs?: number;
	/** The largest answer that's read, in bytes. Default 1 MB. */
	readonly responseBytes?: number;
	/** Told of every try that failed. */
	readonly monitor?: Monitor;
}

/** For what isn't waiting for the bot: the messages about the waiting. */
const SLACK_MS = 1_000;

/** The app's bot: anything that takes a Stentor request by `POST` and answers a Stentor response. */
export class StentorConnector implements AnsweringConnector {
	readonly name = "bot";
	readonly answers = true;
	readonly answerWithinMs: number;
	private readonly tries: number;
	private readonly pauseMs: number;
	private readonly maxPauseMs: number;
	private readonly client: BotClient;
	private readonly monitor: Monitor;

	constructor(options: StentorConnectorOptions = {}) {
		const { tries = 3, timeoutMs = 15_000, pauseMs = 500, maxPauseMs = 5_000, responseBytes = 1024 * 1024 } = options;
		this.answerWithinMs = tries * timeoutMs + (tries - 1) * maxPauseMs + SLACK_MS;
		this.tries = tries;
		this.pauseMs = pauseMs;
		this.maxPauseMs = maxPauseMs;
		this.client = new BotClient({ timeoutMs, responseBytes });
		this.monitor = options.monitor ?? silent;
	}

	profile({ bot }: App): Profile | undefined {
		return bot && { name: bot.name ?? "Bot", avatar: bot.avatar };
	}

	/** Throws `RouterError` `connector_failed`; its message may be shown to the people in the conversation. */
	async answer(turn: Turn): Promise<Answer> {
		const { bot } = turn.app;
		if (!bot) throw new RouterError("connector_failed", "There is no bot here.");
		const typing = quietly(() => turn.typing(true));
		try {
			return answerOf(await this.ask(bot, turn));
		} catch (cause) {
			throw new RouterError("connector_failed", cause instanceof BotFailure ? cause.shown : undefined, { cause });
		} finally {
			await typing;
			await quietly(() => turn.typing(false));
		}
	}

	/** Closes the connections to the bots. */
	close(): void {
		this.client.close();
	}

	private ask(bot: BotSettings, turn: Turn): Promise<StentorResponse> {
		const request = botRequest(turn);
		return pRetry(() => this.client.post(bot, request, turn.signal), {
			retries: this.tries - 1,
			// The pauses are made below, because people are told how long they are.
			minTimeout: 0,
			signal: turn.signal,
			shouldRetry: ({ error }) => mayRetry(error),
			onFailedAttempt: (context) => this.failed(turn, context),
		});
	}

	private async failed(turn: Turn, { error, attemptNumber, retriesLeft }: RetryContext): Promise<void> {
		turn.signal.throwIfAborted();
		this.monitor.warn("bot_try_failed", { app: turn.app.id, tries: attemptNumber, reason: error.message });
		if (retriesLeft === 0 || !mayRetry(error)) return;
		const delayMs = this.delay(attemptNumber, error);
		await quietly(() => turn.retrying(attemptNumber, delayMs, error.shown));
		await pause(delayMs, undefined, { signal: turn.signal });
	}

	private delay(failed: number, { retryAfterMs }: BotFailure): number {
		const backoff = this.pauseMs * 2 ** (failed - 1) * (1 - Math.random() / 2);
		return Math.round(Math.min(retryAfterMs ?? backoff, this.maxPauseMs));
	}
}

function mayRetry(error: Error): error is BotFailure {
	return error instanceof BotFailure && error.retryable;
}

/** A response in which there's nothing to show, such as `{}`, takes the turn without a message. */
function answerOf(response: StentorResponse): Answer {
	const handOff = handOffOf(response);
	const { displays, media, system } = response;
	const parts = [responseText(response), displays, media, handOff ? undefined : system];
	const says = parts.some((part) => (Array.isArray(part) ? part.length > 0 : Boolean(part)));
	return { messages: says ? [{ response }] : [], ...(handOff && { handOff }) };
}

/** Whether others can be told that the bot is busy must not decide about its answer. */
async function quietly(tell: () => Promise<void>): Promise<void> {
	try {
		await tell();
	} catch {}
}
