import { type Entry, prevFor } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { StentorRequest } from "../protocol/stentor.js";
import {
	type CommandPorts,
	type Context,
	changeAttached,
	changeHere,
	NotAttached,
	type Of,
	present,
	tell,
} from "./commands.js";
import { type Deed, type DeedChange, type Doing, deedChange } from "./deeds.js";
import { AlreadyAppended } from "./SessionLog.js";
import { titleOf } from "./transcript.js";

/** An item is chosen from one of this many newest entries. */
const CHOICE_WITHIN = 20;

/** What people at connections do in a session that others hear: speak, type, barge in and out, close, rate. */
export class Talk {
	constructor(private readonly ports: CommandPorts) {}

	async act(asked: Deed, context: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(context.connected, asked.sessionId);
		await this.acknowledging(asked, context, async (done) => {
			const { deed, given } = asked.type === "message" ? await this.ready(asked, key, context) : { deed: asked };
			await changeAttached(this.ports, context, key, this.change(key, deed, context, done, given));
		});
	}

	/** Beside other messages of this connection; answers false, and nothing is said, if it must be attached first. */
	async messageBeside(message: Of<"message">, context: Context): Promise<boolean> {
		const key = this.ports.attendance.keyOf(context.connected, message.sessionId);
		try {
			await this.acknowledging(message, context, (done) =>
				changeHere(this.ports, context, key, this.change(key, message, context, done)),
			);
			return true;
		} catch (error) {
			if (error instanceof NotAttached) return false;
			throw error;
		}
	}

	/** Whether a message can be said as it came, beside others. */
	isReady(message: Of<"message">): boolean {
		return !needsTitle(message.request) && this.ports.files.isPlain(message);
	}

	private change(
		key: string,
		deed: Deed,
		{ connected, trace, aheadMs }: Context,
		done: (entry: Entry | undefined) => void,
		given?: StentorRequest,
	): DeedChange {
		const { app, address, record } = connected;
		// Who comes for one session comes for another by connecting again.
		const revives = record.session === undefined;
		const account = connected.connector.role === "agent" ? record.account : undefined;
		const { isAdmin } = record;
		const doing: Doing = { app, trace, origin: address.connection, aheadMs, account, isAdmin, given, revives };
		return deedChange(this.ports, key, deed, doing, done);
	}

	/**
	 * Does it, and acknowledges what was said by it: also what had been said before. The acknowledgement is begun before
	 * anything later is pushed, so that its client sees no gap where there's none.
	 */
	private acknowledging(
		deed: Deed,
		context: Context,
		act: (done: (entry: Entry | undefined) => void) => Promise<unknown>,
	): Promise<void> {
		let told: Promise<undefined> | undefined;
		const messageId = "messageId" in deed ? deed.messageId : undefined;
		const done = (entry: Entry | undefined) => {
			if (entry) told = this.acknowledge(deed.sessionId, messageId, context, entry);
		};
		return act(done).then(
			() => told,
			async (error: unknown) => {
				if (!(error instanceof AlreadyAppended)) throw error;
				const key = this.ports.attendance.keyOf(context.connected, deed.sessionId);
				const [entry] = await this.ports.log.newest(key, error.seq, 1);
				done(entry);
				await told;
			},
		);
	}

	private acknowledge(
		sessionId: string,
		messageId: string | undefined,
		{ connected, trace }: Context,
		entry: Entry,
	): Promise<undefined> | undefined {
		const { seq, timeMs } = entry;
		this.ports.monitor.debug("appended", { app: connected.app.id, seq, trace });
		if (messageId === undefined) return undefined;
		const prev = prevFor(connected.connector.role, entry);
		return tell(this.ports, connected, sessionId, { type: "ack", messageId, seq, prev, timeMs, entry });
	}

	/**
	 * A message as it's passed on: with its files looked at, and a chosen item with its title, because the published widget
	 * sends the item's token only, which is no word for people.
	 */
	private async ready(
		message: Of<"message">,
		key: string,
		{ connected }: Context,
	): Promise<{ deed: Of<"message">; given?: StentorRequest }> {
		const { log, files, attendance } = this.ports;
		if (needsTitle(message.request)) {
			const { request } = message;
			const recent = await log.newest(key, Number.MAX_SAFE_INTEGER, CHOICE_WITHIN);
			return { deed: { ...message, request: { ...request, title: titleOf(request.token, recent) } } };
		}
		const { connector, record } = connected;
		const from = { participantId: attendance.participantOf(connected, key), role: connector.role, user: record.user };
		const { message: deed, given } = await files.lookedAt(message, key, from);
		return { deed, given };
	}

	async typing({ sessionId, on }: Of<"typing">, context: Context): Promise<void> {
		const { head, who, maySend, mayHear } = await present(this.ports, context, sessionId);
		if (!maySend) throw new RouterError("session_forbidden", "This connection may only listen.");
		await this.ports.fanout.signal(head, { type: "typing", who, on }, mayHear);
	}
}

/** Whether the request chooses an item by its token alone. */
function needsTitle(request: StentorRequest): request is StentorRequest & { token: string } {
	return Boolean(request.token && !request.rawQuery && !request.title);
}
