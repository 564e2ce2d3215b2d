import type { Sender } from "../protocol/envelope.js";
import { type CommandPorts, type Context, changeAttached, type Of, present, tell } from "./commands.js";
import { partsOf } from "./identity.js";
import { senderOf } from "./participants.js";
import type { Head, Participant } from "./records.js";
import type { Talk } from "./Talk.js";

/** What readers do: come, go, catch up, and say how far they are. */
export class Reading {
	constructor(
		private readonly ports: CommandPorts,
		private readonly talk: Talk,
	) {}

	async join({ sessionId, profile }: Of<"join">, { connected, aheadMs }: Context): Promise<void> {
		const key = this.ports.attendance.keyOf(connected, sessionId);
		const { app, connector, record } = connected;
		if (connector.role === "visitor") {
			await this.ports.permits?.visit({ app: app.id, user: record.user, email: profile.email });
		}
		await this.ports.attendance.join(connected, key, { profile, aheadMs, mayOpen: true });
		await tell(this.ports, connected, sessionId, { type: "sessionCreated" }, aheadMs);
	}

	async leave({ sessionId }: Of<"leave">, context: Context): Promise<void> {
		const { attendance, departures, fanout, log } = this.ports;
		const key = attendance.keyOf(context.connected, sessionId);
		const me = attendance.participantOf(context.connected, key);
		await this.talk.act({ type: "bargeOut", sessionId }, context);
		await departures.leave(context.connected, key);
		const head = await log.peek(key);
		const mine = head?.participants[me];
		if (!head || !mine) return;
		await fanout.signal(head, { type: "left", who: senderOf(me, mine) }, (_, each) => each.role === "agent");
	}

	async resume({ sessionId, since }: Of<"resume">, context: Context): Promise<void> {
		const { log, fanout, attendance } = this.ports;
		const { connected } = context;
		const { connection } = connected.address;
		const key = attendance.keyOf(connected, sessionId);
		let done: Promise<void> | undefined;
		await changeAttached(this.ports, context, key, {
			rule(draft, { endpoint }) {
				// Its cursor isn't written behind; what it says to have needn't be pushed to it when this process dies. It's
				// committed with what comes next.
				endpoint.seen = Math.max(endpoint.seen, Math.min(since, draft.head.seq));
				if (endpoint.resumes && !endpoint.behind) return;
				endpoint.numbered = true;
				endpoint.resumes = true;
				delete endpoint.behind;
				draft.touched = true;
			},
			afterwards(head) {
				const [target] = fanout.targets(head, (_, __, endpoint) => endpoint.connection === connection);
				// A number that we never gave is another log's: nothing can be recovered to it.
				const recovered = since <= head.seq;
				const resumed = { type: "resumed", recovered, seq: head.seq } as const;
				const missed = log.entries(key, recovered ? since : head.seq, head.seq);
				if (target) done = fanout.stream(target, missed, since, resumed);
			},
		});
		// Whoever asks for a whole log waits for it before asking again.
		await done;
	}

	async receipt(command: Of<"receipt">, context: Context): Promise<void> {
		const { head, who, mayHear } = await present(this.ports, context, command.sessionId);
		await moveCursors(this.ports, head, who, command, mayHear);
	}
}

/** Moves a reader's cursors forward, and tells those who may hear of it. */
export async function moveCursors(
	{ fanout, cursors, roster }: Pick<CommandPorts, "fanout" | "cursors" | "roster">,
	head: Head,
	who: Sender,
	{ delivered, read }: Pick<Of<"receipt">, "delivered" | "read">,
	mayHear: (id: string, participant: Participant) => boolean,
): Promise<void> {
	const inLog = (seq: number | undefined) => (seq !== undefined && seq > head.seq ? undefined : seq);
	const upTo = read === "all" ? head.seq : inLog(read);
	const moved = await cursors.advance(head.session, who.id, { delivered: inLog(delivered), read: upTo });
	if (Object.keys(moved).length === 0) return;
	const { app, sessionId } = partsOf(head.session);
	if (moved.read !== undefined && who.role === "agent") roster?.read(app, sessionId, moved.read);
	const hearing = fanout.targets(head, mayHear).filter(({ reader }) => reader.numbered);
	await fanout.tellAll(hearing, { type: "receipt", who, ...moved });
}
