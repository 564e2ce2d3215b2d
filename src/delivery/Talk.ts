import { RouterError } from "../protocol/errors.js";
import type { StentorRequest } from "../protocol/stentor.js";
import { type CommandPorts, type Context, changeAttached, type Of, present, tell } from "./commands.js";
import { bargeIn, bargeOut } from "./floor.js";
import { logId } from "./identity.js";
import { AlreadyAppended, type Rule } from "./SessionLog.js";
import { speak } from "./speaking.js";
import { titleOf } from "./transcript.js";

/** An item is chosen from one of this many newest entries. */
const CHOICE_WITHIN = 20;
const ONLY_LISTENS = "This connection may only listen.";

/** What people do in a session that others hear: speak, type, barge in and out. */
export class Talk {
	constructor(private readonly ports: CommandPorts) {}

	async message({ sessionId, messageId, request }: Of<"message">, context: Context): Promise<void> {
		const { connected, trace, aheadMs } = context;
		const { fanout, turns, switchboard, monitor, instance } = this.ports;
		const key = this.ports.attendance.keyOf(connected, sessionId);
		const answerers = switchboard.answerers(connected.app);
		const connection = connected.address.connection;
		const said = await this.named(key, request);
		let acknowledged: { seq: number; timeMs: number };
		try {
			const { result } = await changeAttached(
				this.ports,
				context,
				key,
				(draft, me) => speak(draft, me, { messageId, request: said, aheadMs, answerers, instance }),
				(head, { appended, result: { begun, entry } }) => {
					fanout.entries(head, appended, trace, connection);
					const asked = { key, app: connected.app, answerers, trace };
					if (begun) this.ports.track("turn", turns.run(asked, { begun, entry, targets: fanout.targets(head) }));
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
		await tell(this.ports, connected, sessionId, { type: "ack", messageId, seq, timeMs });
	}

	/** A chosen item with its title: the published widget sends the item's token only, which is no word for people. */
	private async named(key: string, request: StentorRequest): Promise<StentorRequest> {
		const { token, rawQuery, title } = request;
		if (!token || rawQuery || title) return request;
		const recent = await this.ports.log.newest(key, Number.MAX_SAFE_INTEGER, CHOICE_WITHIN);
		return { ...request, title: titleOf(token, recent) };
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

	async typing({ sessionId, on }: Of<"typing">, context: Context): Promise<void> {
		const { head, who, maySend, mayHear } = await present(this.ports, context, sessionId);
		if (!maySend) throw new RouterError("session_forbidden", ONLY_LISTENS);
		await this.ports.fanout.signal(head, { type: "typing", who, on }, mayHear);
	}

	/** A change that needs nothing but that the connection is attached, and whose entries everybody is pushed. */
	async speakUp(context: Context, key: string, rule: Rule<void>): Promise<void> {
		const { fanout } = this.ports;
		const { connection } = context.connected.address;
		await changeAttached(
			this.ports,
			context,
			key,
			(draft, me) => {
				if (me.endpoint.sends === false) throw new RouterError("session_forbidden", ONLY_LISTENS);
				rule(draft);
			},
			(head, { appended }) => fanout.entries(head, appended, context.trace, connection),
		);
	}
}
