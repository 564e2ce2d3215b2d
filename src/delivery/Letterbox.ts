import type { App } from "../apps/Apps.js";
import type { Command, Profile } from "../protocol/Dialect.js";
import type { Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { clientId } from "../protocol/router/frames.js";
import { type CommandPorts, hearing, type Of } from "./commands.js";
import { type Deed, deedChange } from "./deeds.js";
import { noteActing } from "./floor.js";
import { newId, participantId, personRef, sessionKey } from "./identity.js";
import type { Memberships } from "./Memberships.js";
import { enrol } from "./membership.js";
import { newHead } from "./opening.js";
import { rename, type Speaker, senderOf } from "./participants.js";
import { moveCursors } from "./Reading.js";
import type { Head, Participant } from "./records.js";
import type { SessionDraft } from "./SessionDraft.js";
import { AlreadyAppended } from "./SessionLog.js";

/** Somebody who acts without a connection. Whoever says so has made sure of who they are, and that they may. */
export interface Person extends Profile {
	readonly role: "visitor" | "agent";
	/** Who they are: as a connector of their role calls them (`Admission.user`), where the same person also connects. */
	readonly user: string;
	/** What connectors call them (`Admission.account`), where they're known: the roster is told what they take over. */
	readonly account?: string;
}

/** What may be done without a connection. */
export type Act = Deed | Of<"receipt" | "typing">;

export interface Acting {
	/** Whose session it is: it's opened for them, where there's none of this id yet. Default: whoever acts, if a visitor. */
	readonly visitor?: Omit<Person, "role">;
	/** In a session that's opened by this people answer, unless the floor is given to an answerer. Default false. */
	readonly peopleFirst?: boolean;
	/** Follows it through the logs. */
	readonly trace?: string;
}

export interface LetterboxPorts extends CommandPorts {
	readonly topic: string;
	readonly secret: string;
	readonly memberships: Memberships;
}

/** The connector of who has never been at one. */
const NONE = "none";
/** What opens a session that isn't there: there's nothing to be read, closed or rated in it. */
const OPENING: ReadonlySet<Command["type"]> = new Set(["message", "note", "bargeIn", "close", "handOff"]);

/** Where those hand in what they do who aren't at the counter: they have no connection. */
export class Letterbox {
	constructor(private readonly ports: LetterboxPorts) {}

	/** See `PostOffice.act`. */
	async act(app: string, person: Person, act: Act, acting: Acting = {}): Promise<Entry | undefined> {
		const { sessionId } = act;
		if (!clientId.safeParse(sessionId).success) throw new RouterError("session_unknown");
		const known = await this.ports.switchboard.app(app);
		const key = sessionKey(this.ports.topic, known.id, sessionId);
		if (act.type === "receipt" || act.type === "typing") return this.signal(known, key, person, act);
		return this.deed(known, key, person, copyOf(act), acting);
	}

	private async deed(app: App, key: string, person: Person, asked: Deed, acting: Acting): Promise<Entry | undefined> {
		const { log, switchboard, clock, secret, monitor, memberships, track } = this.ports;
		const { trace = newId(), peopleFirst } = acting;
		const { role, user } = person;
		const visitor = acting.visitor ?? (role === "visitor" ? person : undefined);
		const owner = visitor && participantId(secret, key, "visitor", visitor.user);
		let entry: Entry | undefined;
		try {
			const { message, given } = asked.type === "message" ? await this.lookedAt(asked, key, person) : {};
			const account = role === "agent" ? person.account : undefined;
			const doing = { app, trace, account, given, revives: false };
			const change = deedChange(this.ports, key, message ?? asked, doing, (done) => {
				entry = done;
			});
			const { result } = await log.change(
				key,
				(draft) => this.asSpeaker(draft, app, person, asked, visitor, (me) => change.rule(draft, me)),
				{
					trace,
					create:
						owner !== undefined && OPENING.has(asked.type)
							? () => newHead(key, owner, { answerers: switchboard.answerers(app), peopleFirst }, clock())
							: undefined,
					afterwards: (head, { appended, result }) => change.afterwards?.(head, { appended, result: result.done }),
				},
			);
			// Where they connect next, they're in it.
			if (result.isNew && role === "agent") track("membership", memberships.add(app.id, user, key));
		} catch (error) {
			if (!(error instanceof AlreadyAppended)) throw error;
			[entry] = await log.newest(key, error.seq, 1);
		}
		monitor.debug("acted", { app: app.id, act: asked.type, seq: entry?.seq, trace });
		return entry;
	}

	private async lookedAt(message: Of<"message">, key: string, { role, user }: Person) {
		const { files, log, secret } = this.ports;
		if (files.isPlain(message)) return { message };
		const owner = role === "visitor" ? (await log.peek(key))?.owner : undefined;
		return files.lookedAt(message, key, { participantId: owner ?? participantId(secret, key, role, user), role, user });
	}

	/** Makes the change as this person; who takes part by it is a participant from then on. */
	private asSpeaker<T>(
		draft: SessionDraft,
		app: App,
		person: Person,
		deed: Deed,
		visitor: Acting["visitor"],
		change: (me: Speaker) => T,
	): { readonly done: T; readonly isNew: boolean } {
		const { head } = draft;
		// Opened by this very change.
		if (visitor && head.rev === 0 && !head.participants[head.owner]) {
			head.participants[head.owner] = this.participantAs(app, { ...visitor, role: "visitor" });
		}
		const me = this.speaker(head, app, person);
		const known = head.participants[me.participantId];
		const takesPart = deed.type === "message" || deed.type === "bargeIn";
		const isNew = known === undefined && takesPart;
		if (isNew) enrol(draft, me.participantId, me.participant);
		else if (known && takesPart && !known.bargedIn) rename(draft, known, person);
		try {
			const done = change(me);
			if (me.participant.bargedIn) noteActing(draft);
			return { done, isNew };
		} catch (error) {
			// Whatever throws has changed nothing else.
			if (isNew) delete head.participants[me.participantId];
			throw error;
		}
	}

	/**
	 * Who this person is in the session. A visitor is whoever it belongs to: they may have begun it under another name, at
	 * another client.
	 */
	private speaker(head: Head, app: App, person: Person): Speaker {
		const { role, user } = person;
		const id = role === "visitor" ? head.owner : participantId(this.ports.secret, head.session, role, user);
		return { participantId: id, participant: head.participants[id] ?? this.participantAs(app, person) };
	}

	private participantAs({ id }: App, { role, user, name, email, avatar }: Person): Participant {
		const ref = personRef(this.ports.secret, id, user);
		return { role, connector: NONE, ref, name, email, avatar, endpoints: {} };
	}

	private async signal(app: App, key: string, person: Person, act: Of<"receipt" | "typing">): Promise<undefined> {
		const { log, fanout } = this.ports;
		const head = await log.peek(key);
		if (!head) throw new RouterError("session_unknown");
		const me = this.speaker(head, app, person);
		const who = senderOf(me.participantId, me.participant);
		const mayHear = hearing(me);
		if (act.type === "receipt") await moveCursors(this.ports, head, who, act, mayHear);
		else await fanout.signal(head, { type: "typing", who, on: act.on }, mayHear);
	}
}

/** A copy: the log's mustn't change with the caller's. Throws `frame_too_large`: as large as what comes over a connection. */
function copyOf(deed: Deed): Deed {
	const text = JSON.stringify(deed);
	if (Buffer.byteLength(text) > LIMITS.frameBytes) throw new RouterError("frame_too_large");
	return JSON.parse(text) as Deed;
}
