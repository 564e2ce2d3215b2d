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
			const understood = (served: Served) => {
				frame.served = served;
				this.advance(connection);
			};
			const failed = (error: unknown) => this.finish(connection, frame, () => reject(error));
			try {
				const served = understand();
				if (isPromise(served)) served.then(understood, failed);
				else understood(served);
			} catch (error) {
				failed(error);
			}
		});
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
				if (isDone) return this.finish(connection, frame, frame.resolve);
				// It keeps its place, so that nothing that came later is done before it.
				frame.state = undefined;
				frame.mustBeAlone = true;
				this.advance(connection);
			},
			(error: unknown) => this.finish(connection, frame, () => frame.reject(error)),
		);
	}

	private beginAlone(connection: string, frame: Frame, { alone }: Served): void {
		frame.state = "alone";
		alone().then(
			() => this.finish(connection, frame, frame.resolve),
			(error: unknown) => this.finish(connection, frame, () => frame.reject(error)),
		);
	}

	private finish(connection: string, frame: Frame, settle: () => void): void {
		frame.state = "done";
		settle();
		this.advance(connection);
	}
}
