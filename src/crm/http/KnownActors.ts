import type { Authenticated } from "./Authentication.js";

/** For how long what was proved holds, in milliseconds: a revocation by another process is heeded after this. */
const HOLDS_MS = 5_000;
const KEPT = 10_000;

interface Known {
	readonly until: number;
	readonly who: Authenticated;
}

/** Who was proved to be somebody a moment ago: most requests come in rows, and each proof costs reads and signatures. */
export class KnownActors {
	private readonly known = new Map<string, Known>();
	/** Rises when somebody is forgotten: a proof that began before isn't kept. */
	private forgotten = 0;

	constructor(private readonly clock: () => number) {}

	/** What was proved holds no longer than what it was proved by. What's known is answered at once. */
	get(key: string, prove: () => Promise<Authenticated>): Authenticated | Promise<Authenticated> {
		const known = this.known.get(key);
		return known && known.until > this.clock() ? known.who : this.proved(key, prove);
	}

	/** `id`: of an agent, a customer or an API key. */
	forget(app: string, id: string): void {
		this.forgotten++;
		for (const [key, { who }] of this.known) if (who.app === app && idOf(who) === id) this.known.delete(key);
	}

	private async proved(key: string, prove: () => Promise<Authenticated>): Promise<Authenticated> {
		const before = this.forgotten;
		const who = await prove();
		const until = Math.min((who.until ?? Number.POSITIVE_INFINITY) * 1000, this.clock() + HOLDS_MS);
		if (before === this.forgotten) this.keep(key, { until, who });
		return who;
	}

	private keep(key: string, known: Known): void {
		this.known.delete(key);
		const [oldest] = this.known.size >= KEPT ? this.known.keys() : [];
		if (oldest !== undefined) this.known.delete(oldest);
		this.known.set(key, known);
	}
}

function idOf({ actor }: Authenticated): string | undefined {
	if (!actor) return undefined;
	if (actor.role === "customer") return actor.customerId;
	return actor.role === "server" ? actor.keyId : actor.agentId;
}
