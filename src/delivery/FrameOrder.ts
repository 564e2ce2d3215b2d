import { isPromise } from "./isPromise.js";

/** What a frame asks for, once it's understood. */
export interface Served {
	/**
	 * Does it beside others of its kind, begun in the order they came. Answers false if it must be done alone after all;
	 * then nothing was done.
	 */
	readonly beside?: () => Promise<boolean>;
	/** Does it when everything before it is done, and nothing else is under way. */
	readonly alone: () => Promise<void>;
}

interface Frame {
	served?: Served;
	/** Absent: it waits. */
	state?: "beside" | "alone" | "done";
	mustBeAlone: boolean;
	resolve(): void;
	reject(error: unknown): void;
}

/** Serves the frames of a connection in the order they came; what can be done beside each other doesn't wait for it. */
export class FrameOrder {
	private readonly queues = new Map<string, Frame[]>();

	/** `understand` may take its time: what came later waits. Resolves when the frame is served; rejects as that does. */
	run(connection: string, understand: () => Served | Promise<Served>): Promise<void> {
		return new Promise((resolve, reject) => {
			const frame: Frame = { mustBeAlone: false, resolve, reject };
			const queue = this.queues.get(connection);
			if (queue) queue.push(frame);
			else this.queues.set(connection, [frame]);
			try {
				const served = understand();
				if (!isPromise(served)) this.understood(connection, frame, served);
				else {
					served.then(
						(now) => this.understood(connection, frame, now),
						(error: unknown) => this.fail(connection, frame, error),
					);
				}
			} catch (error) {
				this.fail(connection, frame, error);
			}
		});
	}

	private understood(connection: string, frame: Frame, served: Served): void {
		frame.served = served;
		this.advance(connection);
	}

	/** Begins whatever may begin. */
	private advance(connection: string): void {
		const queue = this.queues.get(connection) ?? [];
		while (queue[0]?.state === "done") queue.shift();
		if (queue.length === 0) this.queues.delete(connection);
		for (const frame of queue) {
			const { served, state, mustBeAlone } = frame;
			if (state === "done" || state === "beside") continue;
			if (state === "alone" || !served) return;
			const beside = mustBeAlone ? undefined : served.beside;
			if (beside) this.beginBeside(connection, frame, beside);
			else {
				if (frame === queue[0] && !queue.some((each) => each.state === "beside"))
					this.beginAlone(connection, frame, served);
				return;
			}
		}
	}

	private beginBeside(connection: string, frame: Frame, beside: () => Promise<boolean>): void {
		frame.state = "beside";
		beside().then(
			(isDone) => {
				if (isDone) return this.finish(connection, frame);
				// It keeps its place, so that nothing that came later is done before it.
				frame.state = undefined;
				frame.mustBeAlone = true;
				this.advance(connection);
			},
			(error: unknown) => this.fail(connection, frame, error),
		);
	}

	private beginAlone(connection: string, frame: Frame, { alone }: Served): void {
		frame.state = "alone";
		alone().then(
			() => this.finish(connection, frame),
			(error: unknown) => this.fail(connection, frame, error),
		);
	}

	private finish(connection: string, frame: Frame): void {
		frame.state = "done";
		frame.resolve();
		this.advance(connection);
	}

	private fail(connection: string, frame: Frame, error: unknown): void {
		frame.state = "done";
		frame.reject(error);
		this.advance(connection);
	}
}
