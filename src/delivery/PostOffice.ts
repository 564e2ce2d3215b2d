import type { Monitor } from "../monitoring/Monitor.js";
import type { Dialect, Signal } from "../protocol/Dialect.js";
import type { Entry, Role } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { Address } from "../transport/Transport.js";
import { asLogged } from "./asLogged.js";
import type { Arriving, Connected, Connections } from "./Connections.js";
import type { Served } from "./FrameOrder.js";
import { newId, participantId, sessionKey } from "./identity.js";
import { isPromise } from "./isPromise.js";
import type { Act, Acting, Person } from "./Letterbox.js";
import { type Ending, endOf } from "./Notices.js";
import type { Plugin } from "./Plugins.js";
import type { PostOfficePorts } from "./ports.js";
import { furnish, type Rooms } from "./rooms.js";
import { type Session, sessionOf } from "./Session.js";

/** Offices made of the same ports, by whatever event, share what they are made of. */
const furnished = new WeakMap<PostOfficePorts, Rooms>();

/** How far ahead a sole owner looks for what its predecessor had in hand, in milliseconds: as far as there is. */
const EVERYTHING = 10 ** 15 - 1;

/**
 * Routes conversations: what somebody in a session says is put into the session's log, acknowledged, and pushed to
 * everybody else who may hear it, each in their own dialect; who must answer is asked.
 *
 * Whoever holds connections (the server, a Lambda) calls `connect`, `welcome`, `receive` and `disconnect`.
 */
export class PostOffice {
	readonly topic: string;
	/** Where it says what it does. */
	readonly monitor: Monitor;
	private readonly rooms: Rooms;

	constructor(private readonly ports: PostOfficePorts) {
		this.topic = ports.topic;
		this.monitor = ports.monitor;
		if (typeof ports.topic !== "string" || !/^[\w.-]{1,64}$/.test(ports.topic)) {
			throw new RouterError("configuration_invalid", "The topic may hold 1 to 64 letters, digits and _ . - only.");
		}
		this.rooms = furnished.get(ports) ?? furnish(ports);
		furnished.set(ports, this.rooms);
	}

	/**
	 * A client connects. Where its user id is a secret, it's attached to the sessions it was in. Nothing is sent to it
	 * yet: API Gateway takes no posts to a connection before its connect handler has returned.
	 * Resolves with whose it is: the same text for the same person of an app. Throws the `RouterError` that refuses it.
	 */
	async connect(arriving: Arriving, trace = newId()): Promise<{ readonly app: string; readonly user: string }> {
		const { connections, attendance } = this.rooms;
		const connected = await connections.admit(arriving);
		this.monitor.info("connected", { app: connected.app.id, as: connected.connector.name, trace });
		try {
			if (connected.record.session === undefined) await attendance.comeBack(connected, arriving.query.sessionId);
			else await attendance.open(connected);
			await this.attachToCharges(connected);
			const { user, account = user } = connected.record;
			return { app: connected.app.id, user: account };
		} catch (error) {
			await connections.end(arriving.connection);
			throw error;
		}
	}

	/** An agent's connection hears what the agent takes care of. */
	private async attachToCharges(connected: Connected): Promise<void> {
		const { connector, record, app } = connected;
		const { roster } = this.ports;
		if (!roster || record.account === undefined || connector.role !== "agent" || !connector.dialect.manySessions)
			return;
		for (const id of await roster.arrived(app.id, record.account)) {
			const joining = { profile: {}, mayOpen: false, pushLater: true };
			await this.rooms.attendance.join(connected, sessionKey(this.topic, app.id, id), joining);
		}
	}

	/** How a connection of this process is written to; undefined for one that was never admitted, or has ended. */
	dialectOf(connection: string): Dialect | undefined {
		return this.rooms.connections.dialectOf(connection);
	}

	/**
	 * Greets a connection and pushes what it missed while it was away; to be called as soon as it can be posted to. Who is
	 * known to ask for it is left some time to do so, and isn't sent twice what it asks for; `mayResume: false` leaves none,
	 * for a process that may not be there any more then. Answers false for a connection that can't be posted to yet, or any
	 * more: nothing was done, and it may be called again.
	 */
	async welcome(connection: string, { mayResume = true }: { readonly mayResume?: boolean } = {}): Promise<boolean> {
		const connected = await this.rooms.connections.find(connection);
		return connected !== undefined && this.greet(connected, mayResume);
	}

	private async greet(connected: Connected, mayResume = true): Promise<boolean> {
		const { attendance } = this.rooms;
		if (!(await attendance.greet(connected))) return false;
		await attendance.welcome(connected, { mayResume });
		return true;
	}

	/**
	 * A frame came over a connection; frames of one connection are served in the order of these calls. Resolves when what it
	 * asks for is durable and acknowledged; what follows (the fan-out, a bot's turn) goes on, `idle` waits for it. Errors
	 * are told to the client, also where it can't be learned who that is; for this the transport may need the `url` that the
	 * connection lives behind.
	 * Throws `not_joined` for a connection that was never admitted, or has ended; and what keeps a frame from being looked
	 * into that no dialect can read.
	 */
	receive(connection: string, frame: string, trace = newId(), url?: string): Promise<void> {
		const address = { connection, url };
		const taken = this.rooms.frames.run(connection, () => this.understand(address, frame, trace));
		this.rooms.background.during(taken);
		return taken;
	}

	private understand(address: Address, frame: string, trace: string): Served | Promise<Served> {
		const connected = this.rooms.connections.find(address.connection);
		const isReady = connected && !isPromise(connected) && !connected.record.greeting;
		return isReady ? this.serve(connected, frame, trace) : this.understandFound(connected, address, frame, trace);
	}

	private async understandFound(
		found: ReturnType<Connections["find"]>,
		address: Address,
		frame: string,
		trace: string,
	): Promise<Served> {
		let connected: Connected | undefined;
		try {
			connected = await found;
			if (connected) return await this.serve(connected, frame, trace);
		} catch (error) {
			return this.rooms.counter.turnAway(connected?.address ?? address, frame, error, trace);
		}
		throw new RouterError("not_joined", "The connection isn't known; connect again.");
	}

	private serve(connected: Connected, frame: string, trace: string): Served | Promise<Served> {
		const { until, greeting, account } = connected.record;
		if (account !== undefined && connected.connector.role === "agent")
			this.ports.roster?.active(connected.app.id, account);
		if (until === undefined || until * 1000 > this.ports.clock()) {
			const { counter } = this.rooms;
			// Where a connection can't be posted to before its first frame.
			if (greeting) return this.greet(connected).then(() => counter.understand(connected, frame, trace));
			return counter.understand(connected, frame, trace);
		}
		return { alone: () => this.rooms.notices.close(connected, endOf(connected)) };
	}

	/** A connection has ended. `clean`: its page was closed (code 1001), so that the same client can't come back to it. */
	async disconnect(connection: string, ending: { readonly clean?: boolean } = {}, trace = newId()): Promise<void> {
		const connected: Connected | undefined = await this.rooms.departures.depart(connection, ending.clean === true);
		if (connected) this.monitor.info("disconnected", { app: connected.app.id, as: connected.connector.name, trace });
	}

	/**
	 * Somebody who has no connection does something in a session: speaks, takes over, closes, rates, has read. It's done by
	 * the rules that hold for connections, and heard by everybody; the caller has made sure that the person may.
	 *
	 * A visitor acts as whoever the session belongs to. An agent who takes part is taken to be there for 5 minutes after
	 * what they did last, or as long as they are connected somewhere.
	 *
	 * Resolves with the entry that it put into the log, once it's durable; sent again under the same `messageId`, with the
	 * same one; with undefined where it changed nothing, and for what isn't kept.
	 * Throws a `RouterError`: `unknown_app`, `session_unknown` (there is none, and nobody to open it for, or it isn't opened
	 * by this), `session_full`, `message_conflict`, `frame_too_large`, `conversation_open`, `conversation_archived`,
	 * `conversation_rated`, `storage_unavailable`, or what refuses a message's files.
	 */
	act(app: string, person: Person, act: Act, acting?: Acting): Promise<Entry | undefined> {
		const done = this.rooms.letterbox.act(app, person, act, acting);
		this.rooms.background.during(done);
		return done;
	}

	/**
	 * Tells these connections of this process something that isn't kept, written once for each dialect. Answers, for each,
	 * when it has left, whether the connection is still there.
	 */
	announce(connections: readonly string[], signal: Signal): Promise<boolean>[] {
		return this.rooms.notices.announce(connections, signal);
	}

	/** Learns of connections that other processes let in, so that they can be announced to; answers those that haven't ended. */
	async reach(connections: readonly string[]): Promise<string[]> {
		return (await this.rooms.connections.several(connections)).map(({ address }) => address.connection);
	}

	/** Tells every open connection of an account (`Admission.account`), wherever it is; answers how many there are. */
	tell(app: string, account: string, signal: Signal): Promise<number> {
		return this.rooms.notices.tell(app, account, signal);
	}

	/** Tells those who are in a session in this role. */
	tellSession(app: string, sessionId: string, role: Role, signal: Signal): Promise<void> {
		return this.rooms.notices.tellSession(sessionKey(this.topic, app, sessionId), role, signal);
	}

	/**
	 * Ends every open connection of an account: what let them in is over. Each is told why, and closed with `CLOSE_SIGN_IN`
	 * or `CLOSE_FORBIDDEN`. Nobody comes in by what was checked before this call. Answers how many there were.
	 */
	end(app: string, account: string, why: Ending): Promise<number> {
		return this.rooms.notices.endAll(app, account, why);
	}

	/**
	 * Says whether a session's visitor may take part in it from now on. Who may not is refused with `customer_blocked`;
	 * connections that are in it are told so, and closed with `CLOSE_FORBIDDEN`. Throws `session_unknown`.
	 */
	bar(app: string, sessionId: string, isBarred: boolean): Promise<void> {
		return this.rooms.notices.bar(sessionKey(this.topic, app, sessionId), isBarred);
	}

	/**
	 * Says who answers in a session in which nobody takes part now: the app's default answerer, with what's unanswered; or
	 * people, so that what an answerer has begun is dropped. Answers whether it's so now. Throws `session_unknown`.
	 */
	giveFloor(app: string, sessionId: string, to: "people" | "answerer", trace = newId()): Promise<boolean> {
		return this.rooms.steering.giveFloor(app, sessionId, to, trace);
	}

	/** What a session calls somebody who takes part in it, or would. */
	participantOf(app: string, sessionId: string, { role, user }: Pick<Person, "role" | "user">): string {
		return participantId(this.ports.secret, sessionKey(this.topic, app, sessionId), role, user);
	}

	/** Has the agent's connections hear a session from now on, as if each had joined it. Throws `session_unknown`. */
	seat(app: string, sessionId: string, account: string): Promise<void> {
		return this.rooms.steering.seat(app, sessionId, account);
	}

	/** The agent ceases to take part in a session, and their connections to hear it. Throws `session_unknown`. */
	unseat(app: string, sessionId: string, agent: { readonly account: string; readonly user: string }): Promise<void> {
		return this.rooms.steering.unseat(app, sessionId, agent);
	}

	/**
	 * Looks after sessions whose time has come, and ends connections whose time is over: call it every minute or so.
	 * Answers how many sessions there were.
	 */
	async sweep(trace = newId()): Promise<number> {
		await this.rooms.notices.endOverdue();
		return this.rooms.sweep.run(this.ports.clock(), trace);
	}

	/** Takes over what a former process had in hand; for a sole owner of its storage, once, when it starts. */
	recover(trace = newId()): Promise<number> {
		return this.rooms.sweep.run(this.ports.soleOwner ? EVERYTHING : this.ports.clock(), trace);
	}

	/**
	 * Has a plugin read the feed of all entries, from where it was, until `idle`'s or `close`'s caller ends the process; or
	 * be given what `feed` is given, see `PostOfficePorts.feed`.
	 */
	plug(plugin: Plugin): void {
		this.rooms.plugins.add(plugin);
	}

	/**
	 * Gives every plugin entries that were read elsewhere, as from a DynamoDB stream: those of one session in their order,
	 * each at least once. Entries of other topics are left out. Resolves when what plugins keep of them is durable; throws
	 * what one of them throws, and then the same entries are to be given again. Late ones are taken from the log: they may
	 * have been erased.
	 */
	async feed(entries: readonly Entry[]): Promise<void> {
		const { storage, clock } = this.ports;
		await this.rooms.plugins.give(await asLogged(storage, entries, clock()));
	}

	/** A session as it is now; undefined if there's none. */
	async session(app: string, sessionId: string): Promise<Session | undefined> {
		const head = await this.rooms.log.peek(sessionKey(this.topic, app, sessionId));
		return head && sessionOf(head);
	}

	/** A session's log after `after`, oldest first, page by page. */
	async *history(app: string, sessionId: string, after = 0): AsyncGenerator<readonly Entry[]> {
		yield* this.rooms.log.entries(sessionKey(this.topic, app, sessionId), after, Number.MAX_SAFE_INTEGER);
	}

	/** How far each reader of a session is. */
	async receipts(app: string, sessionId: string): Promise<ReadonlyMap<string, { delivered?: number; read?: number }>> {
		return this.rooms.cursors.of(sessionKey(this.topic, app, sessionId));
	}

	/**
	 * Erases what was said in a session up to now, who its visitor was, and what plugins keep of it: entries keep their
	 * numbers, and connections of the visitor are ended. What's said later stays. If it fails, or the process dies, call it
	 * again. Answers up to which entry all is erased; undefined if there's no such session.
	 * With `upTo` it was erased up to there before: only what plugins in other processes may have kept since, of what they
	 * had read before, goes as well.
	 */
	erase(app: string, sessionId: string, upTo?: number): Promise<number | undefined> {
		return this.rooms.erasing.erase(sessionKey(this.topic, app, sessionId), upTo);
	}

	/** Resolves when nothing is under way any more: no change, no push, no turn, no write of a cursor. */
	async idle(): Promise<void> {
		const { background, log, cursors } = this.rooms;
		do {
			await background.idle();
			await log.idle();
			await cursors.flush();
		} while (!background.isIdle || !log.isIdle);
	}

	/** Ends the plugins, waits for what's under way, and writes what is gathered. The ports stay open. */
	async close(): Promise<void> {
		await this.rooms.plugins.close();
		await this.idle();
	}
}
