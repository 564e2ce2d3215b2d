import { randomUUID } from "node:crypto";
import type { Address, PostResult, Transport } from "../../src/transport/Transport.js";

/** A transport whose connections are lists of frames. Confirms at once what it has taken, unless told to hold back. */
export class LoopTransport implements Transport {
	onConfirmed?: (connection: string, mark: unknown) => void;
	/** While false, nothing is confirmed: the frames are on a line that is dead, and nobody knows yet. */
	isConfirming = true;
	/** The code by which each connection was ended from our side. */
	readonly closedBy = new Map<string, number>();
	private readonly open_ = new Map<string, string[]>();
	private readonly all = new Map<string, string[]>();

	constructor(readonly confirms = true) {}

	open(): string {
		const connection = `loop-${randomUUID()}`;
		const frames: string[] = [];
		this.open_.set(connection, frames);
		this.all.set(connection, frames);
		return connection;
	}

	drop(connection: string): void {
		this.open_.delete(connection);
	}

	dropAll(): void {
		this.open_.clear();
	}

	isOpen(connection: string): boolean {
		return this.open_.has(connection);
	}

	framesOf(connection: string): unknown[] {
		return (this.all.get(connection) ?? []).map((frame) => JSON.parse(frame));
	}

	async post(to: Address, frame: string, mark?: unknown): Promise<PostResult> {
		const frames = this.open_.get(to.connection);
		if (!frames) return "gone";
		frames.push(frame);
		if (this.confirms && this.isConfirming && mark !== undefined) this.onConfirmed?.(to.connection, mark);
		return "sent";
	}

	async disconnect(to: Address, _reason: string, code = 1000): Promise<void> {
		if (this.open_.delete(to.connection)) this.closedBy.set(to.connection, code);
	}

	async close(): Promise<void> {
		this.open_.clear();
	}
}
