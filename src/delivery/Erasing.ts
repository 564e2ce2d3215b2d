import type { Entry } from "../protocol/envelope.js";
import { asRouterError } from "../protocol/errors.js";
import type { Storage } from "../storage/Storage.js";
import type { Address } from "../transport/Transport.js";
import type { Cursors } from "./Cursors.js";
import type { Fanout } from "./Fanout.js";
import { messageIdsOf } from "./identity.js";
import type { Memberships } from "./Memberships.js";
import type { Plugins } from "./Plugins.js";
import { entries, messageIds } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";
import type { SessionLog } from "./SessionLog.js";

export interface ErasingPorts {
	readonly storage: Storage;
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly memberships: Memberships;
	readonly plugins: Plugins;
	/** Ends a connection, and forgets who was at it. */
	end(address: Address): Promise<void>;
}

/** How often a visitor's connections are ended: one that was just being used may have taken its place again. */
const TRIES = 3;
/** How many entries are replaced at once: others' messages come between. */
const AT_ONCE = 50;

/** Erases what was said in sessions; each step may be taken again. */
export class Erasing {
	constructor(private readonly ports: ErasingPorts) {}

	/**
	 * Up to which entry all is erased; undefined if there's no such session. `upTo`: it was erased up to there before, and
	 * only what may have been written since by who had read it earlier is to go.
	 */
	async erase(key: string, upTo?: number): Promise<number | undefined> {
		if (upTo !== undefined) return this.again(key, upTo);
		const { cursors, memberships, plugins, end } = this.ports;
		let forgotten = await this.forget(key);
		for (let tries = 1; forgotten && forgotten.visitors.length > 0 && tries <= TRIES; tries++) {
			await Promise.all(forgotten.visitors.map(end));
			forgotten = await this.forget(key);
		}
		if (!forgotten) return undefined;
		const { seq, participants } = forgotten;
		await this.replaceEntries(key, seq);
		await this.deleteMessageIds(key, seq);
		for (const participant of participants) await cursors.erase(key, participant);
		await memberships.forget(key);
		await plugins.erased(key, seq);
		await this.tell(key, seq);
		return seq;
	}

	private async again(key: string, upTo: number): Promise<number | undefined> {
		const erased = (await this.ports.log.peek(key))?.erased;
		if (erased === undefined) return undefined;
		const seq = Math.min(upTo, erased);
		await this.replaceEntries(key, seq);
		await this.ports.plugins.erased(key, seq);
		return seq;
	}

	/** First: from here on nobody is given anything of it that isn't under way already. */
	private async forget(key: string): Promise<Forgotten | undefined> {
		try {
			return (await this.ports.log.change(key, forgetVisitor)).result;
		} catch (error) {
			if (asRouterError(error).code === "session_unknown") return undefined;
			throw error;
		}
	}

	private async tell(key: string, seq: number): Promise<void> {
		const { log, fanout } = this.ports;
		const head = await log.peek(key);
		if (head) await fanout.signal(head, { type: "erased", seq }, () => true);
	}

	private async replaceEntries(key: string, to: number): Promise<void> {
		const { log, storage } = this.ports;
		for await (const page of log.entries(key, 0, to)) {
			const left = page.filter(({ content }) => content.type !== "erased");
			for (let at = 0; at < left.length; at += AT_ONCE) {
				await Promise.all(left.slice(at, at + AT_ONCE).map((entry) => replace(storage, entry)));
			}
		}
	}

	/** Their digests tell what was said to whoever guesses it. Those of entries that came later stay. */
	private async deleteMessageIds(key: string, to: number): Promise<void> {
		const { storage } = this.ports;
		let cursor: string | undefined;
		do {
			const page = await storage.query(messageIds, { hash: messageIdsOf(key), limit: AT_ONCE, cursor });
			const gone = page.records.filter(({ seq }) => seq <= to);
			await Promise.all(gone.map(({ session, message }) => storage.delete(messageIds, [session, message])));
			cursor = page.cursor;
		} while (cursor);
	}
}

interface Forgotten {
	readonly seq: number;
	/** The visitors' ids in the session. */
	readonly participants: readonly string[];
	/** Their connections that are open. */
	readonly visitors: readonly Address[];
}

/** Voids what answerers have in hand, and takes from visitors what they're called and where they are. */
function forgetVisitor(draft: SessionDraft): Forgotten {
	const { head } = draft;
	const participants: string[] = [];
	const visitors: Address[] = [];
	for (const [id, participant] of Object.entries(head.participants)) {
		if (participant.role === "answerer") participant.handled = head.seq;
		if (participant.role !== "visitor") continue;
		participants.push(id);
		for (const { connection, url } of Object.values(participant.endpoints)) {
			if (connection !== undefined) visitors.push({ connection, url: url ?? head.url });
		}
		// Their place stays, under an alias that tells nothing: they may come back to it.
		head.participants[id] = { role: "visitor", connector: participant.connector, endpoints: {} };
	}
	head.floor.fence++;
	if (head.floor.answered !== undefined) head.floor.answered = head.seq;
	delete head.turn;
	delete head.asked;
	delete head.handOff;
	delete head.rated;
	head.erased = head.seq;
	draft.touched = true;
	return { seq: head.seq, participants, visitors };
}

/** Nothing stays but that there was an entry, of whom by an alias, and when. */
async function replace(storage: Storage, { session, seq, from: { id, role } }: Entry): Promise<void> {
	await storage.update(
		entries,
		[session, seq],
		{
			set: [
				["content", { type: "erased" }],
				["from", { id, role }],
				["messageId", `erased-${seq}`],
			],
		},
		[{ path: "seq", exists: true }],
	);
}
