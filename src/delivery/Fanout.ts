import type { Dialect, Signal } from "../protocol/Dialect.js";
import { type Entry, maySee } from "../protocol/envelope.js";
import { LIMITS } from "../protocol/limits.js";
import type { Address } from "../transport/Transport.js";
import { logId, partsOf } from "./identity.js";
import { Lanes } from "./Lanes.js";
import { Posting, type PostingPorts } from "./Posting.js";
import { aheadAt } from "./participants.js";
import type { Head } from "./records.js";
import type { Appended } from "./SessionLog.js";
import { type Target, targetsIn, type Which } from "./targets.js";

/** An entry as a frame. */
interface Written {
	readonly seq: number;
	readonly frame: string;
	readonly trace: string;
}

export interface FanoutPorts extends PostingPorts {
	readonly clock: () => number;
	dialectOf(connector: string): Dialect | undefined;
	track(what: string, work: Promise<unknown>): void;
	/** An endpoint that came back must be pushed what it missed before anything else. */
	catchUp(target: Target): void;
}

/** Hands what is in the log, and what isn't kept, to those who may see it; what goes to one connection keeps its order. */
export class Fanout {
	private readonly lanes = new Lanes();
	/** By connection: bytes of frames that wait here for those before them. */
	private readonly waiting = new Map<string, number>();

	private readonly posting: Posting;

	constructor(private readonly ports: FanoutPorts) {
		this.posting = new Posting(ports);
	}

	/**
	 * Gives what pushes entries that were just appended, to everybody but the connection that each message came over. Must be
	 * called before any later change of the session, so that each connection gets them in the order of the log.
	 */
	entries(head: Head): (appended: readonly Appended[]) => void {
		const targets = this.targets(head);
		return (appended) => {
			// Where there are two, one of them said it.
			const written = targets.length > 2 ? new Map<string, string | undefined>() : undefined;
			for (const target of targets) {
				try {
					if (target.behind) this.ports.catchUp(target);
					else this.push(target, appended, written);
				} catch (error) {
					// It's in the log: whoever said it is to be told so, whatever becomes of one reader.
					this.ports.monitor.error("push failed", error, { session: logId(target.key), to: target.participantId });
				}
			}
		};
	}

	/** Pushes entries to one endpoint, after what is on its way to it already. */
	private push(target: Target, appended: readonly Appended[], written?: Map<string, string | undefined>): void {
		const { connection } = target.address;
		const frames: Written[] = [];
		for (const { entry, origin, trace } of appended) {
			const isTheirs = origin === connection && isAcknowledged(entry);
			const frame = isTheirs ? undefined : this.write(target, entry, written);
			if (frame !== undefined) frames.push({ seq: entry.seq, frame, trace });
		}
		const [first] = frames;
		if (!first) return;
		const length = frames.reduce((sum, { frame }) => sum + frame.length, 0);
		const waiting = this.waiting.get(connection) ?? 0;
		// A first one is taken whatever its size; who never gets what waits before it would keep all that follows in memory.
		if (waiting > 0 && waiting + length > LIMITS.waitingLength) {
			this.ports.monitor.warn("reader too slow", {
				session: logId(target.key),
				seq: first.seq,
				to: target.participantId,
			});
			this.ports.track("push", this.posting.cut(target, first.seq));
			return;
		}
		const pushed = this.lanes.run(connection, () => this.postAll(target, frames));
		if (!pushed) return;
		this.waiting.set(connection, waiting + length);
		const done = () => {
			const left = (this.waiting.get(connection) ?? 0) - length;
			if (left > 0) this.waiting.set(connection, left);
			else this.waiting.delete(connection);
		};
		this.ports.track("push", pushed.finally(done));
	}

	/** Until one says that the endpoint can't be pushed more. */
	private postAll(target: Target, frames: readonly Written[]): Promise<undefined> | undefined {
		for (const [i, { seq, frame, trace }] of frames.entries()) {
			const posted = this.posting.entry(target, frame, seq, trace);
			if (typeof posted !== "boolean") {
				return posted.then((isThere) => (isThere ? this.postAll(target, frames.slice(i + 1)) : undefined));
			}
			if (!posted) return undefined;
		}
		return undefined;
	}

	/**
	 * Pushes to one endpoint what `pages` yields, which begins after `from`, and then `last`; what is pushed to it later
	 * waits. Where that can't be read to its end, it's not left with a part of it: it's to come back for the rest.
	 */
	stream(target: Target, pages: AsyncIterable<Entry[]>, from: number, last?: Signal): Promise<void> {
		const { ports } = this;
		const streamed = this.lanes.run(target.address.connection, async () => {
			let unsent = from + 1;
			try {
				for await (const page of pages) {
					for (const entry of page) {
						const frame = this.write(target, entry);
						if (frame !== undefined && !(await this.posting.entry(target, frame, entry.seq, ""))) return;
						unsent = entry.seq + 1;
					}
				}
				if (last) await this.postSignal(target, last);
			} catch (error) {
				ports.monitor.error("catching up failed", error, { session: logId(target.key), seq: unsent });
				await this.posting.cut(target, unsent);
			}
		});
		ports.track("catching up", streamed);
		return streamed;
	}

	/** Tells one connection something that isn't kept; `at` is when it was, by our clock. Undefined: it was told at once. */
	tell(
		address: Address,
		dialect: Dialect,
		sessionId: string | undefined,
		signal: Signal,
		aheadMs = 0,
		at = this.ports.clock(),
	): Promise<undefined> | undefined {
		return this.lanes.run(address.connection, () => this.send(address, dialect, sessionId, signal, at + aheadMs));
	}

	/**
	 * Tells these connections the same, written once for each dialect; answers for each, when it has left, whether the
	 * connection is still there.
	 */
	announce(
		to: readonly ({ address: Address; dialect: Dialect } | undefined)[],
		signal: Signal,
		sessionId?: string,
	): Promise<boolean>[] {
		const written = new Map<Dialect, string | undefined>();
		return to.map((target) => {
			if (!target) return Promise.resolve(false);
			const { address, dialect } = target;
			if (!written.has(dialect)) written.set(dialect, dialect.signal(sessionId, signal, this.ports.clock()));
			const frame = written.get(dialect);
			if (frame === undefined) return Promise.resolve(true);
			return this.lanes.run(address.connection, async () => this.posting.signal(address, frame, signal));
		});
	}

	/** Tells every endpoint of those for whom `to` holds. */
	signal(head: Head, signal: Signal, to: Which): Promise<void> {
		return this.tellAll(this.targets(head, to), signal);
	}

	/** Tells these endpoints. */
	async tellAll(targets: readonly Target[], signal: Signal): Promise<void> {
		await Promise.all(
			targets.map(({ key, address, dialect, clock }) =>
				this.tell(address, dialect, partsOf(key).sessionId, signal, aheadAt(clock, Number.MAX_SAFE_INTEGER)),
			),
		);
	}

	private postSignal({ address, dialect, key, clock }: Target, signal: Signal): Promise<undefined> | undefined {
		const now = this.ports.clock() + aheadAt(clock, Number.MAX_SAFE_INTEGER);
		return this.send(address, dialect, partsOf(key).sessionId, signal, now);
	}

	private send(
		address: Address,
		dialect: Dialect,
		sessionId: string | undefined,
		signal: Signal,
		timeMs: number,
	): Promise<undefined> | undefined {
		const frame = dialect.signal(sessionId, signal, timeMs);
		const handed = frame === undefined || this.posting.signal(address, frame, signal);
		return typeof handed === "boolean" ? undefined : handed.then(() => undefined);
	}

	/** The endpoints that are open and may receive. */
	targets(head: Head, which?: Which): Target[] {
		return targetsIn(head, this.ports.dialectOf, which);
	}

	/** The entry as this endpoint's frame; undefined if it isn't to have it. Readers of a kind share one text. */
	private write(target: Target, entry: Entry, written?: Map<string, string | undefined>): string | undefined {
		const { reader, dialect } = target;
		if (!maySee(reader.role, entry.audience)) return undefined;
		const own = entry.from.id === target.participantId;
		// Clients that don't number what they have would show their own words twice.
		if (own && !reader.numbered) return undefined;
		const aheadMs = aheadAt(target.clock, entry.seq);
		const { role, numbered } = reader;
		const write = () => dialect.entry(partsOf(target.key).sessionId, entry, { role, numbered, own, aheadMs });
		if (!written) return write();
		const kind = `${entry.seq} ${dialect.name} ${role} ${own} ${numbered || aheadMs}`;
		if (!written.has(kind)) written.set(kind, write());
		return written.get(kind);
	}
}

/** What somebody said is acknowledged instead; whatever else came of it, such as that they joined by it, isn't. */
function isAcknowledged({ content }: Entry): boolean {
	return content.type === "message" || content.type === "launch";
}
