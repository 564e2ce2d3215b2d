import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import type { AnsweringConnector } from "../../src/connectors/Connector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { alias, sessionKey } from "../../src/delivery/identity.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { Address, PostResult, Transport } from "../../src/transport/Transport.js";
import { LoopTransport } from "../support/LoopTransport.js";
import { AGENT_TOKEN, Notes, TestClock } from "../support/office.js";
import type { SeededRandom } from "./SeededRandom.js";

export const DEPLOYMENTS = ["own server", "API Gateway"] as const;

/** How likely it is that a call of the storage is refused; and that it's done, and its answer lost. */
const FAULTS = 0.04;
/** So many in a row at most: longer outages have their own tests. */
const IN_A_ROW = 2;
const APP = "shop";
const TOPIC = "test";
const SECRET = "a-secret";

/** One process with a post office. When it dies, what it had under way is never heard of again. */
class Process {
	readonly office: PostOffice;
	readonly over: Promise<void>;
	isOver = false;
	private end: () => void = () => {};
	private faultsInARow = 0;

	constructor(private readonly deployment: Deployment) {
		this.over = new Promise((resolve) => {
			this.end = resolve;
		});
		const { kind, tick: clock, notes, bots } = deployment;
		const admin = new AdminConnector({
			async verify(token) {
				if (token !== AGENT_TOKEN) throw new RouterError("agent_token_invalid");
				return { subject: "agent-1", role: "agent", name: "Ada" };
			},
		});
		this.office = new PostOffice({
			topic: TOPIC,
			storage: this.storage(deployment.storage),
			transport: this.transport(deployment.network),
			apps: new StaticApps([{ id: APP, bot: { url: "http://127.0.0.1:1/bot" } }]),
			connectors: [admin, new WidgetConnector(), ...bots],
			monitor: notes,
			clock,
			secret: SECRET,
			soleOwner: kind === "own server",
		});
	}

	/** The work's end, or the process's. */
	async during(work: (office: PostOffice) => Promise<unknown>): Promise<void> {
		await Promise.race([work(this.office), this.over]);
	}

	die(): void {
		this.isOver = true;
		this.end();
	}

	private storage(storage: Storage): Storage {
		return new Proxy(storage, {
			get: (target, name) => {
				const member: unknown = Reflect.get(target, name, target);
				if (typeof member !== "function") return member;
				return async (...args: unknown[]) => {
					this.deployment.calls++;
					if (name === "transact") this.deployment.beforeTransact?.();
					await this.pause();
					const fate = this.fate();
					if (fate === "refused") throw new RouterError("storage_unavailable");
					const result: unknown = await member.apply(target, args);
					await this.pause();
					this.deployment.calls++;
					if (fate === "lost") throw new RouterError("storage_unavailable");
					return result;
				};
			},
		});
	}

	private transport(network: LoopTransport): Transport {
		const transport: Transport = {
			confirms: network.confirms,
			post: async (to: Address, frame: string, mark?: unknown): Promise<PostResult> => {
				await this.pause();
				if (this.deployment.dead.has(to.connection)) return "sent";
				return network.post(to, frame, mark);
			},
			disconnect: async (to) => this.deployment.drop(to.connection),
			close: () => network.close(),
		};
		network.onConfirmed = (connection, mark) => transport.onConfirmed?.(connection, mark);
		return transport;
	}

	/** Takes a while; for ever, if the process dies meanwhile. */
	private async pause(): Promise<void> {
		await this.deployment.aWhile();
		if (this.isOver) await new Promise(() => {});
	}

	private fate(): "done" | "refused" | "lost" {
		const { random, isFaulty } = this.deployment;
		const chance = random.fraction();
		if (!isFaulty || chance > 2 * FAULTS || this.faultsInARow === IN_A_ROW) {
			this.faultsInARow = 0;
			return "done";
		}
		this.faultsInARow++;
		return chance < FAULTS ? "refused" : "lost";
	}
}

/**
 * Post offices as they are run: one process that owns its storage and learns what its clients received; or two Lambdas
 * on one storage, either of which may get any frame of any connection, and which learn nothing. Calls of the storage
 * take a while, may fail, and may fail although they were done.
 */
export class Deployment {
	readonly clock = new TestClock();
	readonly notes = new Notes();
	readonly network: LoopTransport;
	readonly storage = new MemoryStorage({ collections, clock: this.clock.read });
	/** The time; each moment that's looked at is another one. */
	readonly tick = () => {
		this.clock.advance(1);
		return this.clock.now;
	};
	/** Connections whose line is dead, and nobody knows yet: what is sent there is swallowed. */
	readonly dead = new Set<string>();
	/** Called before each transaction. */
	beforeTransact?: () => void;
	/** By connection, when it was lost. */
	readonly lostAt = new Map<string, number>();
	/** How many processes have died. */
	deaths = 0;
	/** How many calls of the storage have begun or ended. */
	calls = 0;
	private readonly processes: Process[];
	private readonly opened: string[] = [];

	constructor(
		readonly kind: (typeof DEPLOYMENTS)[number],
		readonly random: SeededRandom,
		readonly bots: readonly AnsweringConnector[],
		/** Whether the storage fails now and then. */
		public isFaulty: boolean,
	) {
		this.network = new LoopTransport(kind === "own server");
		this.processes = Array.from({ length: kind === "own server" ? 1 : 2 }, () => new Process(this));
	}

	/** The process that gets what comes next. */
	get any(): Process {
		return this.process(this.random.whole(0, 1));
	}

	get all(): readonly Process[] {
		return this.processes;
	}

	open(): string {
		const connection = this.network.open();
		this.opened.push(connection);
		return connection;
	}

	drop(connection: string): void {
		if (this.network.isOpen(connection)) this.lostAt.set(connection, this.clock.now);
		this.network.drop(connection);
	}

	/** A little while. */
	async aWhile(): Promise<void> {
		for (let turns = this.random.whole(0, 3); turns > 0; turns--) await turnOfTheLoop();
	}

	/** A process dies, and another takes its place. */
	async replace(index: number): Promise<void> {
		const dying = this.process(index);
		this.deaths++;
		dying.die();
		if (this.kind === "own server") for (const connection of this.opened) this.drop(connection);
		const next = new Process(this);
		this.processes[this.processes.indexOf(dying)] = next;
		if (this.kind === "own server") await next.during((office) => attempt(office.recover()));
	}

	/** The key of a session's records. */
	keyOf(session: string): string {
		return sessionKey(TOPIC, APP, session);
	}

	/** What an agent is called in a session. */
	agentId(session: string, user: string): string {
		return `agent-${alias(SECRET, `agent ${this.keyOf(session)}`, `agent-1:${user}`)}`;
	}

	private process(index: number): Process {
		const found = this.processes[index % this.processes.length];
		if (!found) throw new Error("There is no process.");
		return found;
	}
}

/** What the storage's faults make fail is made good by whoever asked, or by the sweep. */
export async function attempt(work: Promise<unknown>): Promise<boolean> {
	try {
		await work;
		return true;
	} catch (error) {
		if (error instanceof RouterError && error.code !== "internal") return false;
		throw error;
	}
}
