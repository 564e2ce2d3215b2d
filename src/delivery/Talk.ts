import { type CommandPorts, type Context, changeAttached, type Of, present, tell } from "./commands.js";
import { bargeIn, bargeOut } from "./floor.js";
import { logId } from "./identity.js";
import { attachedAs } from "./membership.js";
import { AlreadyAppended, type Rule } from "./SessionLog.js";
import { NotAttached, speak } from "./speaking.js";

/** What people do in a session that others hear: speak, type, barge in and out. */
export class Talk {
	constructor(private readonly ports: CommandPorts) {}

	async message({ sessionId, messageId, request }: Of<"message">, context: Context): Promise<void> {
		const { connected, trace, aheadMs } = context;
		const { fanout, turns, switchboard, monitor, instance } = this.ports;
		const key = this.ports.attendance.keyOf(connected, sessionId);
		const answerers = switchboard.answerers(connected.app);
		const connection = connected.address.connection;
		let acknowledged: { seq: number; timeMs: number };
		try {
			const { result } = await changeAttached(
				this.ports,
				context,
				key,
				(draft) => speak(draft, { connection, messageId, request, aheadMs, answerers, instance }),
				(head, { appended, result: { turn, entry } }) => {
					fanout.entries(head, appended, trace, connection);
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
		await tell(this.ports, connected, sessionId, { type: "ack", messageId, seq, timeMs });
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
		const { head, who, mayHear } = await present(this.ports, context, sessionId);
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
			(draft) => {
				if (!attachedAs(draft.head, connection)) throw new NotAttached();
				rule(draft);
			},
			(head, { appended }) => fanout.entries(head, appended, context.trace, connection),
		);
	}
}
