import { setTimeout as pause } from "node:timers/promises";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Signal } from "../protocol/Dialect.js";
import type { Role } from "../protocol/envelope.js";
import { type ErrorCode, RouterError } from "../protocol/errors.js";
import type { Transport } from "../transport/Transport.js";
import type { Connected, Connections } from "./Connections.js";
import type { Departures } from "./Departures.js";
import type { Fanout } from "./Fanout.js";
import type { FrameOrder } from "./FrameOrder.js";
import { bar } from "./membership.js";
import type { SessionLog } from "./SessionLog.js";

/** Why connections are ended from our side. */
export interface Ending {
	/** Told in an `error` frame. */
	readonly code: ErrorCode;
	/** Default: what the code means. */
	readonly message?: string;
}

/** The close code of a connection whose client may come back once it has signed in anew. */
export const CLOSE_SIGN_IN = 4401;
/** The close code of a connection whose client may not come back. */
export const CLOSE_FORBIDDEN = 4403;

const MAY_SIGN_IN: ReadonlySet<ErrorCode> = new Set(["agent_token_invalid", "token_invalid"]);

/** How long what a connection has in hand, and the frame that tells why, hold up its end, in milliseconds. */
const WITHIN_MS = 1_000;

export interface NoticesPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly connections: Connections;
	readonly frames: FrameOrder;
	readonly transport: Transport;
	readonly monitor: Monitor;
	readonly clock: () => number;
	readonly departures: Departures;
}

/** What is told to connections, and done with them, that nobody at them asked for. */
export class Notices {
	constructor(private readonly ports: NoticesPorts) {}

	/**
	 * Tells these connections of this process, written once for each dialect. Answers, for each, when it has left, whether
	 * the connection is still there; at once for one that isn't here.
	 */
	announce(connections: readonly string[], signal: Signal): Promise<boolean>[] {
		const { fanout } = this.ports;
		const targets = connections.map((connection) => this.ports.connections.here(connection));
		return fanout.announce(
			targets.map((here) => here && { address: here.address, dialect: here.connector.dialect }),
			signal,
		);
	}

	/** Tells the open connections of an account; answers how many there are. */
	async tell(app: string, account: string, signal: Signal): Promise<number> {
		const { fanout, connections } = this.ports;
		const open = await connections.ofAccount(app, account);
		const targets = open.map(({ address, connector }) => ({ address, dialect: connector.dialect }));
		await Promise.all(fanout.announce(targets, signal));
		return open.length;
	}

	/** Tells those in a session who are of this role. */
	async tellSession(key: string, role: Role, signal: Signal): Promise<void> {
		const head = await this.ports.log.peek(key);
		if (head) await this.ports.fanout.signal(head, signal, (_, participant) => participant.role === role);
	}

	/** Ends the open connections of an account; answers how many there were. */
	async endAll(app: string, account: string, why: Ending): Promise<number> {
		const open = await this.ports.connections.ofEnded(app, account);
		await Promise.all(open.map((connected) => this.end(connected, why)));
		return open.length;
	}

	/** Says whether a session's visitor may take part. The connections of one who may not are ended. Throws `session_unknown`. */
	async bar(key: string, isBarred: boolean): Promise<void> {
		const { result: open } = await this.ports.log.change(key, (draft) => bar(draft, isBarred));
		const theirs = await this.ports.connections.several(open);
		await Promise.all(theirs.map((connected) => this.end(connected, { code: "customer_blocked" })));
	}

	/** Ends those whose time is over. */
	async endOverdue(): Promise<void> {
		const overdue = this.ports.connections.overdue();
		await Promise.all(overdue.map((connected) => this.end(connected, endOf(connected))));
	}

	/** Tells a connection why it's ended, and ends it. What it has in hand is done before; what it sends later isn't. */
	private async end(connected: Connected, why: Ending): Promise<void> {
		const { frames, clock } = this.ports;
		const { record, address } = connected;
		record.until = Math.min(record.until ?? Number.POSITIVE_INFINITY, Math.floor(clock() / 1000));
		const idle = frames.run(address.connection, async () => ({ alone: async () => {} }));
		await atMost(idle);
		await this.close(connected, why);
	}

	/** The same, at once. */
	async close({ address, connector, app }: Connected, why: Ending = { code: "agent_token_invalid" }): Promise<void> {
		const { transport, monitor, clock, departures } = this.ports;
		const { code } = why;
		const { message, retryable } = new RouterError(code, why.message);
		monitor.warn("connection ended", { code, app: app.id, as: connector.name });
		const frame = connector.dialect.signal(undefined, { type: "refused", code, error: message, retryable }, clock());
		try {
			// Past what waits for a slow reader: it's to have no more of that.
			if (frame !== undefined) await atMost(transport.post(address, frame));
			await transport.disconnect(address, message, MAY_SIGN_IN.has(code) ? CLOSE_SIGN_IN : CLOSE_FORBIDDEN);
		} catch (error) {
			monitor.error("disconnect failed", error);
		}
		await departures.depart(address.connection, false);
	}
}

/** Why a connection ends whose time is over. */
export function endOf({ connector }: Connected): Ending {
	const code = connector.role === "agent" ? "agent_token_invalid" : "token_invalid";
	return { code, message: "What let this connection in has ended; sign in again." };
}

function atMost(work: unknown): Promise<unknown> {
	return Promise.race([work, pause(WITHIN_MS, undefined, { ref: false })]);
}
