import type { Monitor } from "../monitoring/Monitor.js";
import type { Signal } from "../protocol/Dialect.js";
import type { Address, PostResult, Transport } from "../transport/Transport.js";
import { logId } from "./identity.js";
import type { Target } from "./targets.js";

/** Comes back from a transport that confirms. */
export interface Mark {
	readonly key: string;
	readonly participantId: string;
	readonly endpointId: string;
	readonly seq: number;
	/** The client numbers what it has: the cursor needn't outlive this process. */
	readonly numbered: boolean;
}

export interface PostingPorts {
	readonly transport: Transport;
	readonly monitor: Monitor;
	/** An endpoint didn't get the entry `seq`. */
	lost(target: Target, seq: number): void;
}

/** Gives frames to the transport, and looks after what came of it. What is done at once is answered at once. */
export class Posting {
	constructor(private readonly ports: PostingPorts) {}

	/** An entry to one endpoint; answers whether it can be pushed more. */
	entry(target: Target, frame: string, seq: number, trace: string): boolean | Promise<boolean> {
		const { key, participantId, endpointId, address } = target;
		const mark: Mark = { key, participantId, endpointId, seq, numbered: target.shown };
		const posted = this.give(address, frame, mark);
		if (typeof posted === "string") return this.posted(posted, target, seq, trace);
		return posted.then(
			(result) => this.posted(result, target, seq, trace),
			async (error) => {
				const about = { session: logId(key), seq, to: participantId, trace };
				this.ports.monitor.warn("push failed", { ...about, reason: String(error) });
				await this.cut(target, seq);
				return false;
			},
		);
	}

	/** What isn't kept; answers whether the connection is still there. */
	signal(address: Address, frame: string, signal: Signal): boolean | Promise<boolean> {
		const given = this.give(address, frame);
		if (typeof given === "string") return given === "sent";
		return given.then(
			(result) => result === "sent",
			(error) => {
				this.ports.monitor.warn("signal not sent", { signal: signal.type, reason: String(error) });
				return true;
			},
		);
	}

	/** Whether it has the entry `seq` is unknown: it must come back, and be told from where its cursor stands. */
	async cut(target: Target, seq: number): Promise<void> {
		const { transport, monitor } = this.ports;
		await transport
			.disconnect(target.address, "push failed")
			.catch((cause) => monitor.error("disconnect failed", cause));
		this.ports.lost(target, seq);
	}

	/** What is thrown at once mustn't reach who appended. */
	private give(address: Address, frame: string, mark?: Mark): PostResult | Promise<PostResult> {
		try {
			return this.ports.transport.post(address, frame, mark);
		} catch (error) {
			return Promise.reject(error);
		}
	}

	private posted(result: PostResult, target: Target, seq: number, trace: string): boolean {
		const { key, participantId } = target;
		const isSent = result === "sent";
		const about = { session: logId(key), seq, to: participantId, trace };
		this.ports.monitor.debug(isSent ? "pushed" : "connection gone", about);
		if (!isSent) this.ports.lost(target, seq);
		return isSent;
	}
}
