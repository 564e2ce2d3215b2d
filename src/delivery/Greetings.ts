import { setTimeout as pause } from "node:timers/promises";
import type { Greeting } from "../protocol/Dialect.js";
import { ConditionFailed } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import { type ConnectionRecord, connections } from "./records.js";

/** After so long whoever was about to greet counts as dead, in milliseconds: far more than a post takes. */
const LEASE_MS = 5_000;
/** How often it's looked whether another process has greeted, in milliseconds. */
const LOOK_EVERY_MS = 100;

/**
 * Has each connection told what it's to be told first, once, whichever processes are about it at the same time: who is
 * second waits. Only where a process dies of it, another one tells it again.
 */
export class Greetings {
	/** By connection, those being told by this process. */
	private readonly telling = new Map<string, Promise<boolean>>();

	constructor(
		private readonly storage: Storage,
		private readonly clock: () => number,
		private readonly soleOwner: boolean,
	) {}

	/** Answers whether the connection has it. */
	once(record: ConnectionRecord, tell: (greeting: Greeting) => Promise<boolean>): Promise<boolean> {
		const { greeting, connection } = record;
		if (!greeting) return Promise.resolve(true);
		const begun = this.telling.get(connection);
		if (begun) return begun;
		const told = this.told(record, () => tell(greeting)).finally(() => this.telling.delete(connection));
		this.telling.set(connection, told);
		return told;
	}

	private async told(record: ConnectionRecord, tell: () => Promise<boolean>): Promise<boolean> {
		const claimedAt = this.soleOwner ? undefined : await this.claim(record);
		const isTold = claimedAt === undefined && !this.soleOwner;
		// API Gateway says of one that isn't open yet that it's gone.
		const isThere = isTold || (await tell());
		if (isThere) delete record.greeting;
		if (claimedAt !== undefined) await this.release(record, claimedAt, isThere);
		return isThere;
	}

	/** Answers when it was claimed; undefined where another process has told it. */
	private async claim({ connection }: ConnectionRecord): Promise<number | undefined> {
		for (;;) {
			const now = this.clock();
			try {
				await this.storage.update(connections, [connection], { set: [["greetingAt", now]] }, [
					{ path: "greeting", exists: true },
					{ path: "greetingAt", below: now - LEASE_MS },
				]);
				return now;
			} catch (error) {
				if (!(error instanceof ConditionFailed)) throw error;
				const found = error.failed.get(0);
				if (!found || !("greeting" in found)) return undefined;
			}
			await pause(LOOK_EVERY_MS);
		}
	}

	private async release({ connection }: ConnectionRecord, claimedAt: number, isThere: boolean): Promise<void> {
		const remove = isThere ? ["greeting", "greetingAt"] : ["greetingAt"];
		try {
			await this.storage.update(connections, [connection], { remove }, [{ path: "greetingAt", eq: claimedAt }]);
		} catch (error) {
			// It has ended, or took so long that another process has taken it over.
			if (!(error instanceof ConditionFailed)) throw error;
		}
	}
}
