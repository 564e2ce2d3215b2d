import { digest } from "../../delivery/identity.js";
import { ConditionFailed, RouterError } from "../../protocol/errors.js";
import type { Storage } from "../../storage/Storage.js";
import { keyIn, scopeOf } from "../agents/records.js";
import { attempts } from "./records.js";

const WINDOW_S = 15 * 60;

/** What is counted, and how many attempts it has in a window of 15 minutes. */
export const ATTEMPT_LIMITS = { email: 10, address: 100 } as const;
export type Counted = keyof typeof ATTEMPT_LIMITS;

/** Too many attempts; says when there may be another. */
export class TooManyAttempts extends RouterError {
	override readonly name = "TooManyAttempts";

	constructor(readonly retryAfterSeconds: number) {
		super("too_many_attempts", `Too many attempts to sign in; try again in ${retryAfterSeconds} seconds.`);
	}
}

/** Counts attempts to sign in, in the storage: the count holds for all processes, and through restarts. */
export class Attempts {
	constructor(private readonly ports: { topic: string; storage: Storage; clock: () => number }) {}

	/**
	 * Counts one, before it's known whether it succeeds: guesses made at the same time count too.
	 * Throws `TooManyAttempts`.
	 */
	async take(app: string, counted: Counted, subject: string): Promise<void> {
		const now = this.ports.clock() / 1000;
		const expires = (Math.floor(now / WINDOW_S) + 1) * WINDOW_S;
		try {
			await this.ports.storage.update(
				attempts,
				[this.key(app, counted, subject)],
				{ add: [["count", 1]], set: [["expires", expires]] },
				[{ path: "count", below: ATTEMPT_LIMITS[counted] }],
			);
		} catch (error) {
			throw error instanceof ConditionFailed ? new TooManyAttempts(Math.ceil(expires - now)) : error;
		}
	}

	/** The subject got in: what was counted for it in this window is forgiven. */
	async forgive(app: string, counted: Counted, subject: string): Promise<void> {
		await this.ports.storage.delete(attempts, [this.key(app, counted, subject)]);
	}

	private key(app: string, counted: Counted, subject: string): string {
		const window = Math.floor(this.ports.clock() / 1000 / WINDOW_S);
		return keyIn(scopeOf(this.ports.topic, app), `${counted}/${digest(subject)}/${window}`);
	}
}
