import type { SocketConnector } from "../connectors/Connector.js";
import type { Command, Dialect } from "../protocol/Dialect.js";
import { RouterError } from "../protocol/errors.js";
import { readBy, refusalOf, toldError } from "../protocol/refusals.js";
import type { Address } from "../transport/Transport.js";
import type { Connected } from "./Connections.js";
import { type CommandPorts, type Context, type Of, tell } from "./commands.js";
import type { Served } from "./FrameOrder.js";
import { permitted } from "./permits.js";
import { Reading } from "./Reading.js";
import { Talk } from "./Talk.js";

/** Who is told what becomes of a frame. */
interface FrameSender {
	readonly address: Address;
	readonly dialect: Dialect;
	readonly role?: SocketConnector["role"];
	/** The app's id. */
	readonly app?: string;
}

/** Where people hand in their frames: each is checked against the session that it names, then done. */
export class Counter {
	private readonly talk: Talk;
	private readonly reading: Reading;
	private readonly dialects: ReadonlySet<Dialect>;

	constructor(private readonly ports: CommandPorts) {
		this.dialects = new Set(Array.from(ports.switchboard.sockets.values(), ({ dialect }) => dialect));
		this.talk = new Talk(ports);
		this.reading = new Reading(ports, this.talk);
	}

	/** What a client's frame asks for. Whatever is wrong with it is told to its sender, and to nobody else. */
	understand(connected: Connected, frame: string, trace: string): Served | Promise<Served> {
		let command: Command | undefined;
		try {
			const decoded = connected.connector.dialect.decode(frame);
			command = decoded.command;
			assertAllowed(connected, command);
			const { timeMs } = decoded;
			const aheadMs = timeMs === undefined ? undefined : Math.round(timeMs - this.ports.clock());
			const context = { connected, trace, aheadMs };
			const sessionId = "sessionId" in command ? command.sessionId : undefined;
			const waiting = permitted(this.ports.permits, connected, command.type, sessionId);
			return waiting ? this.servedIfPermitted(waiting, command, context) : this.served(command, context);
		} catch (error) {
			return this.refused(command, { connected, trace }, error);
		}
	}

	/**
	 * The same where it can't be learned who is at the connection: the dialect that can read the frame is taken to be its
	 * sender's. Throws `cause` where none can.
	 */
	turnAway(address: Address, frame: string, cause: unknown, trace: string): Served {
		const read = readBy(this.dialects, frame);
		if (!read) throw cause;
		const { dialect, command } = read;
		return { alone: () => this.tellWhy({ address, dialect }, command, cause, trace) };
	}

	private async servedIfPermitted(permitted: Promise<void>, asked: Command, context: Context): Promise<Served> {
		try {
			await permitted;
			return this.served(asked, context);
		} catch (error) {
			return this.refused(asked, context, error);
		}
	}

	private served(asked: Command, context: Context): Served {
		const alone = () => this.serve(asked, context).catch((error: unknown) => this.refuse(asked, context, error));
		if (asked.type !== "message" || !this.talk.isReady(asked)) return { alone };
		const beside = () =>
			this.talk
				.messageBeside(asked, context)
				.catch((error: unknown) => this.refuse(asked, context, error).then(() => true));
		return { alone, beside };
	}

	private refused(command: Command | undefined, context: Context, error: unknown): Served {
		return { alone: () => this.refuse(command, context, error) };
	}

	private async serve(command: Command, context: Context): Promise<void> {
		switch (command.type) {
			case "join":
				return this.reading.join(command, context);
			case "leave":
				return this.reading.leave(command, context);
			case "message":
			case "note":
			case "bargeIn":
			case "bargeOut":
			case "close":
			case "reopen":
			case "archive":
			case "rate":
			case "handOff":
				return this.talk.act(command, context);
			case "typing":
				return this.talk.typing(command, context);
			case "resume":
				return this.reading.resume(command, context);
			case "receipt":
				return this.reading.receipt(command, context);
			case "subscribe":
				return this.subscribe(command, context);
			case "unsubscribe":
				return this.unsubscribe(context);
			case "ping":
				await tell(this.ports, context.connected, undefined, { type: "pong" });
				return;
		}
	}

	private async subscribe({ since }: Of<"subscribe">, { connected }: Context): Promise<void> {
		const { connector, app, record, address } = connected;
		if (!connector.desk) throw new RouterError("unknown_event", "There's no desk here to subscribe to.");
		const { connection } = address;
		const { account, isAdmin } = record;
		await connector.desk.subscribe({ connection, app: app.id, account, isAdmin }, since);
	}

	private async unsubscribe({ connected: { connector, app, address } }: Context): Promise<void> {
		await connector.desk?.unsubscribe({ connection: address.connection, app: app.id });
	}

	private refuse(command: Command | undefined, { connected, trace }: Context, cause: unknown): Promise<void> {
		const { address, app } = connected;
		const { dialect, role } = connected.connector;
		return this.tellWhy({ address, dialect, role, app: app.id }, command, cause, trace);
	}

	private async tellWhy(
		{ address, dialect, role, app }: FrameSender,
		command: Command | undefined,
		cause: unknown,
		trace: string,
	): Promise<void> {
		const told = toldError(cause);
		// Strangers must not learn which sessions there are.
		const isHidden = told.code === "session_unknown" && role === "visitor";
		const error = isHidden ? new RouterError("not_joined") : told;
		const fields = { code: error.code, command: command?.type, app, trace };
		if (error.code === "internal") this.ports.monitor.error("frame failed", cause, fields);
		else this.ports.monitor.warn("frame refused", fields);
		const { sessionId, signal } = refusalOf(command, error);
		await this.ports.fanout.tell(address, dialect, sessionId, signal);
	}
}

function assertAllowed({ connector }: Connected, { type }: Command): void {
	if (connector.commands.includes(type)) return;
	throw new RouterError(connector.role === "visitor" ? "agent_token_required" : "forbidden");
}
