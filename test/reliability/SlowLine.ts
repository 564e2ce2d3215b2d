import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const SLOW_BYTES = 1024;
const SLOW_EVERY_MS = 1_000;
const FAST_BYTES = 64 * 1024;

/** A line to a server that can be made slow: then one KB a second is read of what the server sends over it. */
export class SlowLine {
	isSlow = false;
	private readonly sockets = new Set<Socket>();

	private constructor(
		private readonly server: Server,
		private readonly target: URL,
	) {
		server.on("connection", (client) => this.join(client));
	}

	static async to(url: string): Promise<SlowLine> {
		const server = createServer();
		await once(server.listen(0, "127.0.0.1"), "listening");
		return new SlowLine(server, new URL(url));
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	close(): void {
		this.server.close();
		for (const socket of this.sockets) socket.destroy();
	}

	private join(client: Socket): void {
		const timers = new Set<NodeJS.Timeout>();
		const upstream = connect({
			port: Number(this.target.port),
			host: this.target.hostname,
			onread: {
				// Reading less is what leaves the rest with the server: a stream would read ahead.
				buffer: () => Buffer.alloc(this.isSlow ? SLOW_BYTES : FAST_BYTES),
				callback: (count, buffer) => {
					client.write(buffer.subarray(0, count));
					if (!this.isSlow) return true;
					const timer = setTimeout(() => {
						timers.delete(timer);
						upstream.resume();
					}, SLOW_EVERY_MS);
					timers.add(timer);
					return false;
				},
			},
		});
		client.pipe(upstream);
		const end = () => {
			if (!this.sockets.delete(upstream)) return;
			for (const timer of timers) clearTimeout(timer);
			client.destroy();
			upstream.destroy();
		};
		this.sockets.add(upstream);
		for (const socket of [client, upstream]) socket.on("error", end).on("end", end).on("close", end);
	}
}
