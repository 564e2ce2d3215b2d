import { RouterError } from "../../protocol/errors.js";

/** `burst` at once, and `perSecond` in the long run. */
export interface Rate {
	readonly perSecond: number;
	readonly burst: number;
}

/** Too many requests; says when there may be another. */
export class TooManyRequests extends RouterError {
	override readonly name = "TooManyRequests";

	constructor(readonly retryAfterSeconds: number) {
		super("rate_limited", `Too many requests; try again in ${retryAfterSeconds} seconds.`);
	}
}

/** Whoever was seen least lately is forgotten, and starts anew. */
const KEPT = 20_000;

/** How many requests each of many may send, counted in this process. */
export class RateLimit {
	private readonly buckets = new Map<string, { tokens: number; filledAt: number }>();

	constructor(
		private readonly rate: Rate,
		private readonly clock: () => number = () => performance.now(),
	) {}

	/** Counts one. Throws `TooManyRequests`. */
	take(key: string): void {
		const { perSecond, burst } = this.rate;
		const now = this.clock();
		const bucket = this.buckets.get(key) ?? { tokens: burst, filledAt: now };
		bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond);
		bucket.filledAt = now;
		this.keep(key, bucket);
		if (bucket.tokens < 1) throw new TooManyRequests(Math.ceil((1 - bucket.tokens) / perSecond));
		bucket.tokens--;
	}

	private keep(key: string, bucket: { tokens: number; filledAt: number }): void {
		this.buckets.delete(key);
		const [oldest] = this.buckets.size >= KEPT ? this.buckets.keys() : [];
		if (oldest !== undefined) this.buckets.delete(oldest);
		this.buckets.set(key, bucket);
	}
}
