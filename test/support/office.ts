import { randomUUID } from "node:crypto";
import type { App } from "../../src/apps/Apps.js";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import type { Connector } from "../../src/connectors/Connector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { alias } from "../../src/delivery/identity.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import type { PostOfficePorts } from "../../src/delivery/ports.js";
import { collections } from "../../src/delivery/records.js";
import type { Monitor } from "../../src/monitoring/Monitor.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import type { RouterMessage } from "../../src/protocol/router/frames.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import { LoopTransport } from "./LoopTransport.js";
import { OfficeClient } from "./OfficeClient.js";

export const AGENT_TOKEN = "a-token-that-the-test-agent-has";

/** A clock that a test moves. */
export class TestClock {
	now = Date.now();
	readonly read = () => this.now;
	advance(ms: number): void {
		this.now += ms;
	}
}

/** What was said to the monitor. */
export class Notes implements Monitor {
	readonly lines: { level: string; event: string; error?: unknown; fields?: object }[] = [];
	debug(event: string, fields?: object) {
		this.lines.push({ level: "debug", event, fields });
	}
	info(event: string, fields?: object) {
		this.lines.push({ level: "info", event, fields });
	}
	warn(event: string, fields?: object) {
		this.lines.push({ level: "warn", event, fields });
	}
	error(event: string, error: unknown, fields?: object) {
		this.lines.push({ level: "error", event, error, fields });
	}
	get errors() {
		return this.lines.filter(({ level }) => level === "error");
	}
}

/** A post office on memory, whose connections are arrays of frames. */
export class TestOffice {
	readonly clock = new TestClock();
	readonly notes = new Notes();
	readonly transport: LoopTransport;
	readonly ports: PostOfficePorts;
	office: PostOffice;

	constructor(given: Partial<PostOfficePorts> & { apps_?: readonly App[]; answering?: readonly Connector[] } = {}) {
		const { apps_, answering = [], ...ports } = given;
		this.transport = (given.transport as LoopTransport | undefined) ?? new LoopTransport();
		const admin = new AdminConnector({
			async verify(token) {
				if (token !== AGENT_TOKEN) throw new RouterError("agent_token_invalid");
				return { subject: "agent-1", role: "agent", name: "Ada" };
			},
		});
		this.ports = {
			topic: "test",
			storage: new MemoryStorage({ collections, clock: this.clock.read }),
			transport: this.transport,
			apps: new StaticApps(apps_ ?? [{ id: "shop", bot: { url: "http://127.0.0.1:1/bot" } }]),
			connectors: [admin, new WidgetConnector(), ...answering],
			monitor: this.notes,
			clock: this.clock.read,
			secret: "test-secret",
			soleOwner: true,
			...ports,
		};
		this.office = new PostOffice(this.ports);
	}

	/** Another process on the same storage, after the first one died. */
	restart(changed: Partial<PostOfficePorts> = {}): void {
		this.transport.dropAll();
		this.office = new PostOffice({ ...this.ports, ...changed });
	}

	async client(
		query: Record<string, string> = {},
		sessionId = `stentor-widget-session-${randomUUID()}`,
	): Promise<Client> {
		const client = new Client(this, { userId: randomUUID(), ...query }, sessionId);
		await client.connect();
		return client;
	}

	/** An agent that hasn't connected yet. */
	agentClient(sessionId: string): Client {
		return new Client(this, { userId: randomUUID(), isAdmin: "true", token: AGENT_TOKEN }, sessionId);
	}

	/** A visitor that has joined its session. */
	async visitor(query: Record<string, string> = {}): Promise<Client> {
		const client = await this.client(query);
		await client.join();
		return client;
	}

	/** An agent that watches a session. */
	async agent(sessionId: string, query: Record<string, string> = {}): Promise<Client> {
		const client = await this.client({ isAdmin: "true", token: AGENT_TOKEN, ...query }, sessionId);
		await client.join();
		return client;
	}

	/** An agent that takes part in a session. */
	async bargedIn(sessionId: string, query: Record<string, string> = {}): Promise<Client> {
		const client = await this.agent(sessionId, query);
		await client.send({ event: "barge in", sender: { displayName: "Grace" } });
		await this.office.idle();
		return client;
	}
}

type Frame = RouterMessage<Record<string, unknown>>;

/** One client's side, as the published widget (or, with message ids, our own client) plays it. */
export class Client extends OfficeClient<TestOffice> {
	constructor(
		at: TestOffice,
		query: Record<string, string>,
		readonly sessionId: string,
	) {
		super(at, query);
	}

	/** Everything that has come to this client, over all its connections. */
	get history(): Frame[] {
		return this.connections.flatMap((connection) => this.at.transport.framesOf(connection) as Frame[]);
	}

	/** What this client's user is called in the session whose log this is. */
	participantId(log: readonly Entry[]): string {
		const { secret } = this.at.ports;
		const role = this.query.isAdmin ? "agent" : "visitor";
		const key = log[0]?.session ?? "";
		const { userId = "" } = this.query;
		return `${role}-${alias(secret, `${role} ${key}`, role === "agent" ? `agent-1:${userId}` : userId)}`;
	}

	async send(frame: Record<string, unknown>): Promise<void> {
		await this.at.office.receive(
			this.connection,
			JSON.stringify({ sessionId: this.sessionId, timeMs: this.at.clock.now, ...frame }),
		);
	}

	async join(): Promise<void> {
		await this.send({ event: "user joined" });
		await this.at.office.idle();
	}

	/** Says something, and waits for nothing but that it's in the log. */
	async utter(text: string, messageId?: string): Promise<void> {
		await this.send({ event: "new message", messageId, data: { type: "INTENT_REQUEST", rawQuery: text } });
	}

	/** Says something and waits until everything that follows has happened. */
	async say(text: string, messageId?: string): Promise<void> {
		await this.utter(text, messageId);
		await this.at.office.idle();
	}

	get frames(): Frame[] {
		return this.at.transport.framesOf(this.connection) as Frame[];
	}

	of(event: string): Frame[] {
		return this.frames.filter((frame) => frame.event === event);
	}

	/** What the person at this client has read, in the order it came. */
	get read(): string[] {
		return wordsOf(this.frames);
	}

	/** The same, over all its connections. */
	get readInAll(): string[] {
		return wordsOf(this.history);
	}
}

function wordsOf(frames: readonly Frame[]): string[] {
	const messages = frames.filter(({ event }) => event === "new message");
	return messages.map(({ data }) => {
		const speech = data?.outputSpeech as { displayText?: string } | string | undefined;
		return String(typeof speech === "object" ? speech.displayText : (speech ?? data?.rawQuery));
	});
}
