import { type Entry, prevFor } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { StentorRequest } from "../protocol/stentor.js";
import { close, rate } from "./closing.js";
import {
	type AttachedChange,
	type CommandPorts,
	type Context,
	changeAttached,
	changeHere,
	NotAttached,
	type Of,
	present,
	tell,
} from "./commands.js";
import { bargeIn, bargeOut } from "./floor.js";
import { AlreadyAppended } from "./SessionLog.js";
import { note, speak } from "./speaking.js";
import { titleOf } from "./transcript.js";
import type { Begun } from "./turn.js";

/** An item is chosen from one of this many newest entries. */
const CHOICE_WITHIN = 20;
const ONLY_LISTENS = "This connection may only listen.";

/** What people do in a session that others hear: speak, type, barge in and out. */
export class Talk {
	constructor(private readonly ports: CommandPorts) {}

	async message(command: Of<"message">, context: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(context.connected, command.sessionId);
		const request = await this.titled(key, command.request);
		await this.acknowledging(command, context, (told) =>
			changeAttached(this.ports, context, key, this.saying(key, { ...command, request }, context, told)),
		);
	}

	/** Beside other messages of this connection; answers false, and nothing is said, if it must be attached first. */
	async messageBeside(command: Of<"message">, context: Context): Promise<boolean> {
		const key = this.ports.attendance.keyOf(context.connected, command.sessionId);
		try {
			await this.acknowledging(command, context, (told) =>
				changeHere(this.ports, context, key, this.saying(key, command, context, told)),
			);
			return true;
		} catch (error) {
			if (error instanceof NotAttached) return false;
			throw error;
		}
	}

	/** The change that says it, and calls `said`; a turn that begins by it is run. */
	private saying(
		key: string,
		{ messageId, request, attachments, format }: Of<"message">,
		{ connected, trace, aheadMs }: Context,
		said: (entry: Entry) => void,
	): AttachedChange<{ entry: Entry; begun?: Begun }> {
		const { fanout, turns, switchboard, instance } = this.ports;
		const answerers = switchboard.answerers(connected.app);
		return {
			grouped: { messageId },
			origin: connected.address.connection,
			trace,
			rule: (draft, me) => speak(draft, me, { messageId, request, attachments, format, aheadMs, answerers, instance }),
			afterwards: (head, { result: { begun, entry } }) => {
				said(entry);
				if (!begun) return;
				const asked = { key, app: connected.app, answerers, trace };
				this.ports.track("turn", turns.run(asked, { begun, entry, targets: fanout.targets(head) }));
			},
		};
	}

	async note(command: Of<"note">, context: Context): Promise<void> {
		const { connected, trace } = context;
		const key = this.ports.attendance.keyOf(connected, command.sessionId);
		await this.acknowledging(command, context, (told) =>
			changeAttached(this.ports, context, key, {
				origin: connected.address.connection,
				trace,
				rule: (draft, me) => note(draft, me, command),
				afterwards: (_, { result }) => told(result),
			}),
		);
	}

	/**
	 * Says it, and acknowledges it: also what had been said before. The acknowledgement is begun before anything later is
	 * pushed, so that its client sees no gap where there's none.
	 */
	private async acknowledging(
		command: Of<"message"> | Of<"note">,
		context: Context,
		say: (said: (entry: Entry) => void) => Promise<unknown>,
	): Promise<void> {
		let told: Promise<void> | undefined;
		try {
			await say((entry) => {
				told = this.acknowledge(command, context, entry);
			});
		} catch (error) {
			if (!(error instanceof AlreadyAppended)) throw error;
			const [entry] = await this.ports.log.newest(error.record.session, error.record.seq, 1);
			if (entry) told = this.acknowledge(command, context, entry);
		}
		await told;
	}

	private async acknowledge(
		{ sessionId, messageId }: Of<"message"> | Of<"note">,
		{ connected, trace }: Context,
		entry: Entry,
	): Promise<void> {
		const { seq, timeMs } = entry;
		this.ports.monitor.debug("appended", { app: connected.app.id, seq, trace });
		if (messageId === undefined) return;
		const prev = prevFor(connected.connector.role, entry);
		await tell(this.ports, connected, sessionId, { type: "ack", messageId, seq, prev, timeMs, entry });
	}

	/** A chosen item with its title: the published widget sends the item's token only, which is no word for people. */
	private async titled(key: string, request: StentorRequest): Promise<StentorRequest> {
		if (!needsTitle(request)) return request;
		const recent = await this.ports.log.newest(key, Number.MAX_SAFE_INTEGER, CHOICE_WITHIN);
		return { ...request, title: titleOf(request.token, recent) };
	}

	async bargeIn({ sessionId, profile }: Of<"bargeIn">, context: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(context.connected, sessionId);
		const me = this.ports.attendance.participantOf(context.connected, key);
		await this.speakUp(context, key, (draft) => bargeIn(draft, me, profile));
	}

	async bargeOut({ sessionId }: Of<"bargeOut">, context: Context): Promise<void> {
		const { attendance, switchboard } = this.ports;
		const key = attendance.keyOf(context.connected, sessionId);
		const me = attendance.participantOf(context.connected, key);
		const answerers = switchboard.answerers(context.connected.app);
		await this.speakUp(context, key, (draft) => bargeOut(draft, me, answerers));
	}

	async close({ sessionId }: Of<"close">, context: Context): Promise<void> {
		const { attendance, switchboard } = this.ports;
		const answerers = switchboard.answerers(context.connected.app);
		const key = attendance.keyOf(context.connected, sessionId);
		await this.speakUp(context, key, (draft, me) => close(draft, me, answerers));
	}

	async rate({ sessionId, rating, comment }: Of<"rate">, context: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(context.connected, sessionId);
		await this.speakUp(context, key, (draft, me) => rate(draft, me, { rating, comment }));
	}

	async typing({ sessionId, on }: Of<"typing">, context: Context): Promise<void> {
		const { head, who, maySend, mayHear } = await present(this.ports, context, sessionId);
		if (!maySend) throw new RouterError("session_forbidden", ONLY_LISTENS);
		await this.ports.fanout.signal(head, { type: "typing", who, on }, mayHear);
	}

	/** A change that needs nothing but that the connection is attached, and whose entries everybody is pushed. */
	async speakUp(context: Context, key: string, rule: AttachedChange<void>["rule"]): Promise<void> {
		await changeAttached(this.ports, context, key, {
			origin: context.connected.address.connection,
			trace: context.trace,
			rule(draft, me) {
				if (me.endpoint.sends === false) throw new RouterError("session_forbidden", ONLY_LISTENS);
				rule(draft, me);
			},
		});
	}
}

/** Whether the request chooses an item by its token alone. */
export function needsTitle(request: StentorRequest): request is StentorRequest & { token: string } {
	return Boolean(request.token && !request.rawQuery && !request.title);
}
