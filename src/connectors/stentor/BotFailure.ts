/**
 * One try at asking a bot that failed. `message` is for operators: status, host and codes, never a query, a key or a
 * body. It has no `cause`, because axios' errors hold the whole request.
 */
export class BotFailure extends Error {
	override readonly name = "BotFailure";
	/** What the people in the conversation may read. */
	readonly shown: string;
	readonly retryable: boolean;
	/** How long the bot asks us to wait, in milliseconds. */
	readonly retryAfterMs: number | undefined;

	constructor(message: string, shown: string, remedy: { readonly retryable: boolean; readonly retryAfterMs?: number }) {
		super(message);
		this.shown = shown;
		this.retryable = remedy.retryable;
		this.retryAfterMs = remedy.retryAfterMs;
	}
}
