import type { Monitor } from "../monitoring/Monitor.js";
import type { Command, Signal } from "../protocol/Dialect.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import type { Attendance } from "./Attendance.js";
import type { Connected } from "./Connections.js";
import type { Cursors } from "./Cursors.js";
import type { Fanout } from "./Fanout.js";
import { bargeIn, bargeOut } from "./floor.js";
import { logId } from "./identity.js";
import { attachedAs } from "./membership.js";
import type { Switchboard } from "./ports.js";
import type { Head } from "./records.js";
import { AlreadyAppended, type Committed, type Rule, type SessionLog } from "./SessionLog.js";
import { senderOf } from "./SessionDraft.js";
import { NotAttached, speak } from "./speaking.js";
import type { Turns } from "./Turns.js";

export interface CounterPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly attendance: Attendance;
	readonly turns: Turns;
	readonly switchboard: Switchboard;
	readonly monitor: Monitor;
	readonly instance: string;
	readonly clock: () => number;
	track(what: string, work: Promise<unknown>): void;
}

/** What came with a frame besides its command. */
interface Context {
	readonly connected: Connected;
	readonly trace: string;
	/** How far the client's clock was ahead of ours, less the frame's time on its way. */
	readonly aheadMs?: number;
}

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;

/** Where people hand in their frames: each is checked against the session that it names, then done. */
export class Counter {
	constructor(private readonly ports: CounterPorts) {}

	/** Does what a client's frame asks for. Whatever is wrong with it is told to its sender, and to nobody else. */
	async take(connected: Connected, frame: string, trace: string): Promise<void> {
		let command: Command | undefined;
		try {
			const { command: asked, timeMs } = connected.connector.dialect.decode(frame);
			command = asked;
			if (!connected.connector.commands.includes(command.type)) throw new RouterError("agent_token_required");
			const aheadMs = timeMs === undefined ? undefined : Math.round(timeMs - this.ports.clock());
			await this.serve(command, { connected, trace, aheadMs });
		} catch (error) {
			await this.refuse(connected, command, error, trace);
		}
	}

	private serve(command: Command, context: Context): Promise<void> {
		switch (command.type) {
			case "join":
				return this.join(command, context);
			case "leave":
				return this.leave(command, context);
			case "message":
				return this.message(command, context);
			case "typing":
				return this.typing(command, context);
			case "bargeIn":
				return this.bargeIn(command, context);
			case "bargeOut":
				return this.bargeOut(command, context);
			case "resume":
				return this.resume(command, context);
			case "receipt":
				return this.receipt(command, context);
			case "ping":
				return this.tell(context.connected, undefined, { type: "pong" });
		}
	}

	private async join({ sessionId, profile }: Of<"join">, { connected, trace, aheadMs }: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(connected, sessionId);
		try {
			await this.ports.attendance.join(connected, key, { profile, aheadMs, mayOpen: true });
		} catch (cause) {
			const error = asRouterError(cause);
			if (error.code === "internal") throw error;
			this.ports.monitor.warn("join refused", { session: logId(key), code: error.code, trace });
			return this.tell(connected, sessionId, { type: "sessionRefused", code: error.code, error: error.message });
		}
		await this.tell(connected, sessionId, { type: "sessionCreated" }, aheadMs);
	}

	private async message({ sessionId, messageId, request }: Of<"message">, context: Context): Promise<void> {
		const { connected, trace, aheadMs } = context;
		const { log, fanout, turns, switchboard, monitor, instance } = this.ports;
		const key = this.ports.attendance.keyOf(connected, sessionId);
		const answerers = switchboard.answerers(connected.app);
		const connection = connected.address.connection;
		let acknowledged: { seq: number; timeMs: number };
		try {
			const { result } = await this.change(
				context,
				key,
				(draft) => speak(draft, { connection, messageId, request, aheadMs, answerers, instance }),
				(head, { appended, result: { turn, entry } }) => {
					this.ports.track("fan-out", fanout.entries(head, appended, trace, connection));
					const asked = { key, app: connected.app, answerers, trace };
					if (turn) this.ports.track("turn", turns.run(asked, { turn, entry }));
				},
			);
			acknowledged = result.entry;
			monitor.debug("appended", { session: logId(key), seq: acknowledged.seq, from: result.entry.from.id, trace });
		} catch (error) {
			if (!(error instanceof AlreadyAppended)) throw error;
			acknowledged = error.record;
		}
		if (messageId === undefined) return;
		const { seq, timeMs } = acknowledged;
		await this.tell(connected, sessionId, { type: "ack", messageId, seq, timeMs });
	}

	private async bargeIn({ sessionId, profile }: Of<"bargeIn">, context: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(context.connected, sessionId);
		const me = this.ports.attendance.participantOf(context.connected, key);
		await this.speakUp(context, key, (draft) => bargeIn(draft, me, profile));
	}

	private async bargeOut({ sessionId }: Of<"bargeOut">, context: Context): Promise<void> {
		const { attendance, switchboard } = this.ports;
		const key = attendance.keyOf(context.connected, sessionId);
		const me = attendance.participantOf(context.connected, key);
		const answerers = switchboard.answerers(context.connected.app);
		await this.speakUp(context, key, (draft) => bargeOut(draft, me, answerers));
	}

	private async leave({ sessionId }: Of<"leave">, context: Context): Promise<void> {
		const { attendance, fanout, switchboard, log } = this.ports;
		const key = attendance.keyOf(context.connected, sessionId);
		const me = attendance.participantOf(context.connected, key);
		const answerers = switchboard.answerers(context.connected.app);
		await this.speakUp(context, key, (draft) => bargeOut(draft, me, answerers));
		await attendance.leave(context.connected, key);
		const head = await log.peek(key);
		const mine = head?.participants[me];
		if (!head || !mine) return;
		await fanout.signal(head, { type: "left", who: senderOf(me, mine) }, (_, each) => each.role === "agent");
	}

	/** A change that needs nothing but that the connection is attached, and whose entries everybody is pushed. */
	private async speakUp(context: Context, key: string, rule: Rule<void>): Promise<void> {
		const { fanout, track } = this.ports;
		const { connection } = context.connected.address;
		await this.change(
			context,
			key,
			(draft) => {
				if (!attachedAs(draft.head, connection)) throw new NotAttached();
				rule(draft);
			},
			(head, { appended }) => track("fan-out", fanout.entries(head, appended, context.trace, connection)),
		);
	}

	private async typing({ sessionId, on }: Of<"typing">, { connected }: Context): Promise<void> {
		const { log, fanout, attendance } = this.ports;
		const head = await log.peek(attendance.keyOf(connected, sessionId));
		const me = head && attachedAs(head, connected.address.connection);
		if (!head || !me) throw new RouterError("not_joined");
		// Visitors aren't to see that somebody watches.
		const isSecret = me.participant.role === "agent" && !me.participant.bargedIn;
		const who = senderOf(me.participantId, me.participant);
		await fanout.signal(head, { type: "typing", who, on }, (id, { role }) => {
			return id !== me.participantId && (role !== "visitor" || !isSecret);
		});
	}

	private async receipt({ sessionId, delivered, read }: Of<"receipt">, { connected }: Context): Promise<void> {
		const { log, fanout, cursors, attendance } = this.ports;
		const key = attendance.keyOf(connected, sessionId);
		const head = await log.peek(key);
		const me = head && attachedAs(head, connected.address.connection);
		if (!head || !me) throw new RouterError("not_joined");
		const moved: Record<string, number> = {};
		for (const [field, seq] of Object.entries({ delivered, read })) {
			if (seq === undefined || seq > head.seq) continue;
			if (cursors.move(key, me.participantId, field as "delivered" | "read", seq)) moved[field] = seq;
		}
		if (Object.keys(moved).length === 0) return;
		const who = senderOf(me.participantId, me.participant);
		const isSecret = me.participant.role === "agent" && !me.participant.bargedIn;
		await fanout.signal(head, { type: "receipt", who, ...moved }, (id, { role }, endpoint) => {
			return id !== me.participantId && endpoint.numbered === true && (role !== "visitor" || !isSecret);
		});
	}

	private async resume({ sessionId, since }: Of<"resume">, context: Context): Promise<void> {
		const { log, fanout, attendance } = this.ports;
		const { connected } = context;
		const { connection } = connected.address;
		const key = attendance.keyOf(connected, sessionId);
		await this.change(
			context,
			key,
			(draft) => {
				const me = attachedAs(draft.head, connection);
				if (!me) throw new NotAttached();
				if (me.endpoint.numbered && !me.endpoint.behind) return;
				me.endpoint.numbered = true;
				delete me.endpoint.behind;
				draft.touched = true;
			},
			(head) => {
				const [target] = fanout.targets(head, (_, __, endpoint) => endpoint.connection === connection);
				// A number that we never gave is another log's: nothing can be recovered to it.
				const recovered = since <= head.seq;
				if (target && recovered) {
					this.ports.track("recovery", fanout.stream(target, log.entries(key, since, head.seq)));
				}
				this.ports.track("recovery", this.tell(connected, sessionId, { type: "resumed", recovered, seq: head.seq }));
			},
		);
	}

	/** Changes the session; a connection that isn't attached is, first, if its user was there before. */
	private async change<T>(
		context: Context,
		key: string,
		rule: Rule<T>,
		afterwards: (head: Head, committed: Committed<T>) => void,
	): Promise<Committed<T>> {
		const { log, attendance } = this.ports;
		try {
			return await log.change(key, rule, { afterwards });
		} catch (error) {
			if (!(error instanceof NotAttached)) throw error;
		}
		const { connected, aheadMs } = context;
		await attendance.join(connected, key, { profile: {}, aheadMs, mayOpen: false, returning: true });
		return log.change(key, rule, { afterwards });
	}

	private tell(connected: Connected, sessionId: string | undefined, signal: Signal, aheadMs = 0): Promise<void> {
		return this.ports.fanout.tell(connected.address, connected.connector.dialect, sessionId, signal, aheadMs);
	}

	private async refuse(connected: Connected, command: Command | undefined, cause: unknown, trace: string): Promise<void> {
		const told = asRouterError(cause);
		// Strangers must not learn which sessions there are.
		const isHidden = told.code === "session_unknown" && connected.connector.role === "visitor";
		const error = isHidden ? new RouterError("not_joined") : told;
		const sessionId = command && "sessionId" in command ? command.sessionId : undefined;
		const fields = { code: error.code, command: command?.type, app: connected.app.id, trace };
		if (error.code === "internal") this.ports.monitor.error("frame failed", cause, fields);
		else this.ports.monitor.warn("frame refused", fields);
		const { code, message, retryable } = error;
		const messageId = command?.type === "message" ? command.messageId : undefined;
		await this.tell(connected, sessionId, { type: "refused", code, error: message, retryable, messageId });
	}
}
