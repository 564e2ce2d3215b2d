import { randomUUID } from "node:crypto";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { AGENT_TOKEN } from "../support/office.js";
import { attempt, type Deployment } from "./Deployment.js";

export type Frame = RouterMessage<Record<string, unknown>>;
export type Notice = "now" | "late" | "never";

/** Where a person is at a session: a tab, an agent's screen. What fails is tried again when `settle` is called. */
export class Person {
	readonly unacknowledged = new Map<string, string>();
	/** Whether it was let in, and hasn't left. */
	hasJoined = false;
	private connections: string[] = [];
	private readonly left: number[] = [];
	private coming?: Promise<void>;

	/** `numbered`: says message ids and knows what it has; otherwise it's like the published widget. */
	constructor(
		private readonly deployment: Deployment,
		readonly session: string,
		readonly role: "visitor" | "agent",
		readonly numbered: boolean,
		readonly name: string,
		readonly user: string = randomUUID(),
	) {}

	get connection(): string {
		return this.connections.at(-1) ?? "";
	}

	get isConnected(): boolean {
		return this.deployment.network.isOpen(this.connection);
	}

	/** When its lines broke, and when it left. */
	get losses(): number[] {
		const broken = this.connections.flatMap((connection) => this.deployment.lostAt.get(connection) ?? []);
		return [...broken, ...this.left];
	}

	/** Everything that came, over all its connections. */
	get frames(): Frame[] {
		return this.connections.flatMap((connection) => this.deployment.network.framesOf(connection) as Frame[]);
	}

	/** The number up to which it has everything. */
	get last(): number {
		let last = 0;
		for (const { event, data, seq, prev = 0 } of this.frames) {
			if (event === "resumed") last = Math.max(last, Number(data?.seq));
			if (seq !== undefined && prev <= last) last = Math.max(last, seq);
		}
		return last;
	}

	/** Connects, if it isn't, and says who it is. */
	come(): Promise<void> {
		this.coming ??= this.connect().finally(() => {
			this.coming = undefined;
		});
		return this.coming;
	}

	private async connect(): Promise<void> {
		if (this.isConnected) return;
		const { deployment, role, user } = this;
		const agent = role === "agent" ? { isAdmin: "true", token: AGENT_TOKEN } : {};
		// Its address names no session: what it was in is found by its user.
		const arriving = { query: { userId: user, ...agent }, headers: {} };
		const connection = deployment.open();
		const server = deployment.any;
		let isIn = false;
		await server.during(async (office) => {
			isIn = await attempt(office.connect({ connection, ...arriving }));
			if (isIn && deployment.kind === "own server") await attempt(office.welcome(connection));
		});
		if (!isIn) deployment.drop(connection);
		this.connections.push(connection);
		// The published widget says it once.
		if (this.isConnected && (this.numbered || !this.hasJoined)) await this.join();
	}

	async join(): Promise<void> {
		await this.send({ event: "user joined" });
		const updates = this.frames.filter(({ event }) => event === "connection update");
		if (updates.at(-1)?.data?.sessionCreated === true) this.hasJoined = true;
		if (this.hasJoined) await this.resume();
	}

	/** Asks for what it lacks, if it's one who knows. */
	async resume(): Promise<void> {
		if (this.numbered) await this.send({ event: "resume", data: { since: this.last } });
	}

	async leave(): Promise<void> {
		this.left.push(this.deployment.clock.now);
		await this.send({ event: "user left" });
		this.hasJoined = false;
	}

	/** Says something; `twice`: at once again, as a client does that hears nothing. */
	async say(text: string, twice = false): Promise<void> {
		if (this.numbered) this.unacknowledged.set(text, text);
		await Promise.all([this.post(text), ...(twice && this.numbered ? [this.post(text)] : [])]);
	}

	async send(frame: object): Promise<void> {
		if (!this.isConnected) return;
		const { connection, session, deployment } = this;
		const text = JSON.stringify({ sessionId: session, timeMs: deployment.clock.now, ...frame });
		await deployment.any.during((office) => attempt(office.receive(connection, text)));
	}

	/** Its line breaks; answers what tells the server. Until then our own server hands frames to a dead line. */
	drop(): () => Promise<void> {
		const { connection, deployment } = this;
		deployment.drop(connection);
		if (deployment.kind === "own server") deployment.dead.add(connection);
		return () => {
			deployment.dead.delete(connection);
			return deployment.any.during((office) => attempt(office.disconnect(connection)));
		};
	}

	/** Does again what wasn't done: comes back, joins, says what wasn't acknowledged. Answers whether nothing is left. */
	async settle(): Promise<boolean> {
		await this.come();
		if (!this.hasJoined) await this.join();
		for (const text of this.waiting()) await this.post(text);
		return this.isConnected && this.hasJoined && this.waiting().length === 0;
	}

	private waiting(): string[] {
		for (const { event, data } of this.frames) {
			if (event === "ack") this.unacknowledged.delete(String(data?.messageId));
		}
		return [...this.unacknowledged.values()];
	}

	private async post(text: string): Promise<void> {
		const messageId = this.numbered ? text : undefined;
		await this.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: text } });
	}
}
