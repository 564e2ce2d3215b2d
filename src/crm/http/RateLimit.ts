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
/** How exactly it's known who was seen least lately, in milliseconds: putting them last takes longer than counting. */
const PLACED_MS = 1_000;

interface Bucket {
	tokens: number;
	filledAt: number;
	placedAt: number;
}

/** How many requests each of many may send, counted in this process. */
export class RateLimit {
	private readonly buckets = new Map<string, Bucket>();

	constructor(
		private readonly rate: Rate,
		private readonly clock: () => number = () => performance.now(),
	) {}

	/** Counts one. Throws `TooManyRequests`. */
	take(key: string): void {
		const { perSecond, burst } = this.rate;
		const now = this.clock();
		const bucket = this.buckets.get(key) ?? { tokens: burst, filledAt: now, placedAt: Number.NEGATIVE_INFINITY };
		bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond);
		bucket.filledAt = now;
		if (now - bucket.placedAt >= PLACED_MS) this.place(key, bucket, now);
		if (bucket.tokens < 1) throw new TooManyRequests(Math.ceil((1 - bucket.tokens) / perSecond));
		bucket.tokens--;
	}

	private place(key: string, bucket: Bucket, now: number): void {
		this.buckets.delete(key);
		const [oldest] = this.buckets.size >= KEPT ? this.buckets.keys() : [];
		if (oldest !== undefined) this.buckets.delete(oldest);
		bucket.placedAt = now;
		this.buckets.set(key, bucket);
	}
}
