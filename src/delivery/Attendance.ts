import type { Profile, Signal } from "../protocol/Dialect.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import type { Connected, Connections } from "./Connections.js";
import type { Cursors } from "./Cursors.js";
import type { Fanout } from "./Fanout.js";
import { isSecret, participantId, partsOf, personRef, sessionKey } from "./identity.js";
import type { Memberships } from "./Memberships.js";
import { type Attached, attach } from "./membership.js";
import { newHead } from "./opening.js";
import type { Mark } from "./Posting.js";
import { aheadAt, attachedAs, senderOf } from "./participants.js";
import { permitted } from "./permits.js";
import type { PostOfficePorts, Switchboard } from "./ports.js";
import type { Head } from "./records.js";
import type { SessionLog } from "./SessionLog.js";
import type { Target } from "./targets.js";

export interface AttendancePorts
	extends Pick<PostOfficePorts, "topic" | "transport" | "secret" | "soleOwner" | "clock" | "permits"> {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly connections: Connections;
	readonly memberships: Memberships;
	readonly switchboard: Switchboard;
	track(what: string, work: Promise<unknown>): void;
}

export interface Joining {
	readonly profile: Profile;
	readonly aheadMs?: number;
	/** Whether a visitor may open a session of this id. */
	readonly mayOpen: boolean;
	/** Only somebody who was in the session before. */
	readonly returning?: boolean;
	/** Leave what was missed to `welcome`: the connection can't be posted to yet. */
	readonly pushLater?: boolean;
}

/** How long after it came back a client that resumes is waited for, in milliseconds. */
const RESUME_WITHIN_MS = 2_000;

/** Who is in which session, and from where: joining, coming back, going away. */
export class Attendance {
	constructor(private readonly ports: AttendancePorts) {}

	/** Throws `session_forbidden` for another session than the one that the connection is for. */
	keyOf(connected: Connected, sessionId: string): string {
		const { session } = connected.record;
		if (session !== undefined && session !== sessionId) throw new RouterError("session_forbidden");
		return sessionKey(this.ports.topic, connected.app.id, sessionId);
	}

	/** The participant that this connection's user is in a session. */
	participantOf(connected: Connected, key: string): string {
		return participantId(this.ports.secret, key, connected.connector.role, connected.record.user);
	}

	/**
	 * Attaches a connection to a session and pushes what its reader lacks.
	 * Throws `session_forbidden`, `session_unknown`, `session_full`, or `not_joined` for a stranger who says to return.
	 */
	async join(connected: Connected, key: string, joining: Joining): Promise<Attached> {
		const { log, connections, transport, soleOwner, memberships, secret, switchboard } = this.ports;
		const { record, connector, app, address } = connected;
		const participant = this.participantOf(connected, key);
		const confirmed = transport.confirms ? await this.confirmed(key, participant) : undefined;
		const create =
			joining.mayOpen && connector.role === "visitor"
				? () =>
						newHead(
							key,
							participant,
							{ answerers: switchboard.answerers(app), peopleFirst: record.peopleFirst },
							this.ports.clock(),
						)
				: undefined;
		const { result } = await log.change(
			key,
			(draft) => {
				if (joining.returning && !draft.head.participants[participant]) throw new RouterError("not_joined");
				return attach(draft, {
					participant,
					role: connector.role,
					connector: connector.name,
					ref: personRef(secret, app.id, record.user),
					profile: {
						// The published widget calls everybody who joins "Visitor".
						name: connector.role === "agent" ? (record.name ?? joining.profile.name) : joining.profile.name,
						email: joining.profile.email ?? record.email,
						avatar: joining.profile.avatar ?? record.avatar,
					},
					address,
					sends: record.sends !== false,
					receives: record.receives !== false,
					aheadMs: joining.aheadMs,
					confirmed,
					isDead: (connection) => soleOwner && !connections.isOpen(connection),
					pushLater: joining.pushLater === true,
				});
			},
			{
				create,
				afterwards: (head, { result }) => {
					if (!joining.pushLater) this.introduce(head, participant, result, connected);
				},
			},
		);
		// Coming back by the user id alone says nothing of which session is the newest.
		if (!joining.pushLater && !record.sessions[key]) await memberships.add(app.id, record.user, key);
		await connections.attached(connected, key);
		return result;
	}

	/**
	 * Attaches a connection whose user says nothing but its id to the sessions that it was in. A session in which the
	 * user still is, at another connection, is another tab's; unless it's the newest, which may be both's. An agent's are
	 * different visitors' talks: where its client can't tell them apart, only the newest is theirs.
	 * A visitor goes on where they aren't barred. Throws `customer_blocked` where they are in all of them.
	 */
	async comeBack(connected: Connected, sessionId: string | undefined): Promise<void> {
		const { memberships, log, connections } = this.ports;
		const { record, app } = connected;
		if (!record.proved && !isSecret(record.user)) return;
		const keys = await memberships.of(app.id, record.user);
		const named = sessionId === undefined ? keys : keys.filter((key) => partsOf(key).sessionId === sessionId);
		const { role, dialect } = connected.connector;
		const wanted = role === "agent" && !dialect.manySessions ? named.slice(0, 1) : named;
		const joining: Joining = { profile: {}, mayOpen: false, returning: true, pushLater: true };
		let [isBarred, mayGoOn] = [false, false];
		for (const [index, key] of wanted.entries()) {
			const head = await log.peek(key);
			const there = head?.participants[this.participantOf(connected, key)];
			if (!there || (role === "agent" && !(await this.mayHear(connected, key)))) continue;
			if (head.barred && role === "visitor") {
				isBarred = true;
				continue;
			}
			mayGoOn = true;
			const isElsewhere = Object.values(there.endpoints).every(
				({ connection }) => connection !== undefined && (!this.ports.soleOwner || connections.isOpen(connection)),
			);
			if (index === 0 || !isElsewhere || dialect.manySessions) await this.join(connected, key, joining);
		}
		if (isBarred && !mayGoOn) throw new RouterError("customer_blocked");
	}

	/** Whether an agent who was in a session may still be in it. */
	private async mayHear(connected: Connected, key: string): Promise<boolean> {
		try {
			await permitted(this.ports.permits, connected, "join", partsOf(key).sessionId);
			return true;
		} catch (error) {
			if (asRouterError(error).code === "forbidden") return false;
			throw error;
		}
	}

	/** Attaches a connection to the session that it's for, if there's one; the first one opens it. */
	async open(connected: Connected): Promise<void> {
		const { session, name, email } = connected.record;
		if (session === undefined) return;
		const joining: Joining = { profile: { name, email }, mayOpen: true, pushLater: true };
		await this.join(connected, this.keyOf(connected, session), joining);
	}

	/** Tells a connection what it's to be told before anything else. */
	greet(connected: Connected): Promise<boolean> {
		const { address, connector, record } = connected;
		const to = [{ address, dialect: connector.dialect }];
		return this.ports.connections.greet(connected, async (greeting) => {
			const [isThere] = await Promise.all(
				this.ports.fanout.announce(to, { type: "greeting", greeting }, record.session),
			);
			return isThere === true;
		});
	}

	/**
	 * Pushes what each session of this connection has kept for it. With `mayResume` a client that's known to do so is left
	 * some time for it, and isn't sent twice what it asks for.
	 */
	async welcome(connected: Connected, { mayResume }: { readonly mayResume: boolean }): Promise<void> {
		for (const key of Object.keys(connected.record.sessions)) {
			const head = await this.ports.log.peek(key);
			const at = head && attachedAs(head, connected.address.connection);
			if (!head || !at?.endpoint.behind) continue;
			const [target] = this.ports.fanout.targets(
				head,
				(_, __, { connection }) => connection === at.endpoint.connection,
			);
			if (!target) continue;
			const catchUp = () => this.catchUp(target);
			if (!mayResume || !at.endpoint.resumes) await catchUp();
			else setTimeout(() => this.ports.track("catching up", catchUp()), RESUME_WITHIN_MS).unref();
		}
	}

	/** Pushes what came while the endpoint was away. */
	async catchUp(target: Target): Promise<void> {
		const { log, fanout, connections } = this.ports;
		if (connections.mayAwaitGreeting(target.address.connection)) {
			const connected = await connections.find(target.address.connection);
			if (connected) await this.greet(connected);
		}
		let done: Promise<void> | undefined;
		await log.change(
			target.key,
			(draft) => {
				const endpoint = draft.head.participants[target.participantId]?.endpoints[target.endpointId];
				if (!endpoint?.behind || endpoint.connection !== target.address.connection) return undefined;
				delete endpoint.behind;
				draft.touched = true;
				return { from: endpoint.seen, to: draft.head.seq, typing: typingOf(draft.head) };
			},
			{
				afterwards: (_, { result }) => {
					if (!result) return;
					const { from, to, typing } = result;
					done = fanout.stream(target, log.entries(target.key, from, to), from, typing);
				},
			},
		);
		await done;
	}

	/** A transport tells that an endpoint has an entry. */
	hasArrived({ key, participantId, endpointId, seq, numbered }: Mark): void {
		this.ports.cursors.move(key, `${participantId}/${endpointId}`, "pushed", seq, !numbered);
	}

	/** What each endpoint of a participant has confirmed. */
	private async confirmed(key: string, participant: string): Promise<Map<string, number>> {
		const found = await this.ports.cursors.of(key, `${participant}/`);
		return new Map([...found].map(([reader, at]) => [reader.slice(participant.length + 1), at.pushed ?? 0]));
	}

	/** Tells who comes of those who are there, those who are there of who comes, and pushes what was said before. */
	private introduce(head: Head, me: string, attached: Attached, connected: Connected): void {
		const { fanout, track, log } = this.ports;
		const { connector, address } = connected;
		const { sessionId } = partsOf(head.session);
		const mine = head.participants[me];
		if (!mine) return;
		const aheadMs = aheadAt(mine.clock, head.seq);
		for (const [id, participant] of Object.entries(head.participants)) {
			const takesPart = participant.role === "answerer" ? id === head.floor.holder : participant.bargedIn;
			const isShown = takesPart || (connector.role === "agent" && participant.role === "visitor");
			if (id === me || !isShown) continue;
			const signal = { type: "joined", who: senderOf(id, participant) } as const;
			// Who is shown the history finds them there before it.
			const at = connector.role === "agent" ? head.openedAt : this.ports.clock();
			const told = fanout.tell(address, connector.dialect, sessionId, signal, aheadMs, at);
			if (told) track("introduction", told);
		}
		if (attached.isFirst) {
			const toStaff = (id: string, each: { role: string }) => id !== me && each.role === "agent";
			track("introduction", fanout.signal(head, { type: "joined", who: senderOf(me, mine) }, toStaff));
		}
		if (!attached.isNew) return;
		const typing = typingOf(head);
		const [target] = fanout.targets(head, (_, __, { connection }) => connection === address.connection);
		// Who comes for the first time needn't be told that nobody types.
		const last = attached.isFirst && !typing?.on ? undefined : typing;
		if (target) fanout.stream(target, log.entries(head.session, attached.from, attached.to), attached.from, last);
	}
}

/** Whether the answerer is typing: that it began or stopped may be what a client missed. */
function typingOf({ floor, participants, turn }: Head): Extract<Signal, { type: "typing" }> | undefined {
	const holder = participants[floor.holder ?? ""];
	if (floor.holder === undefined || holder?.role !== "answerer") return undefined;
	return { type: "typing", who: senderOf(floor.holder, holder), on: turn !== undefined };
}
