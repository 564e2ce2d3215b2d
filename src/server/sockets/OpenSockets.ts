import type { Duplex } from "node:stream";
import { RouterError } from "../../protocol/errors.js";

/** How many sockets are open, of each key; of one, no more than `most`. */
export class OpenSockets {
	private readonly counts = new Map<string, number>();

	/** `whose`: what a key is, as it's told to who is refused. */
	constructor(
		private readonly most: number,
		private readonly whose: string,
	) {}

	/** Counts a socket until it's closed. Throws `connections_exceeded`. */
	count(key: string, socket: Duplex): void {
		const open = this.counts.get(key) ?? 0;
		if (open >= this.most) {
			throw new RouterError("connections_exceeded", `There are ${open} connections of this ${this.whose} already.`);
		}
		if (socket.closed) return;
		this.counts.set(key, open + 1);
		socket.once("close", () => {
			const left = (this.counts.get(key) ?? 0) - 1;
			if (left > 0) this.counts.set(key, left);
			else this.counts.delete(key);
		});
	}
}
