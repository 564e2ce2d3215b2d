/** What was gathered before so many were erased is written by now. */
const KEPT = 1_000;

/** Up to which entry sessions were erased lately: for who keeps what was said for a while before it's written. */
export class RecentlyErased {
	/** By session; the oldest first. */
	private readonly upTo = new Map<string, number>();

	note(session: string, seq: number): void {
		this.upTo.delete(session);
		this.upTo.set(session, seq);
		const [oldest] = this.upTo.size > KEPT ? this.upTo.keys() : [];
		if (oldest !== undefined) this.upTo.delete(oldest);
	}

	has(session: string, seq: number): boolean {
		return seq <= (this.upTo.get(session) ?? 0);
	}
}
