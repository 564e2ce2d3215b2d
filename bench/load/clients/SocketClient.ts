import { WebSocket } from "ws";

/** What clients over bare `ws` have in common. */
export abstract class SocketClient {
	protected socket: WebSocket | undefined;
	private joined: () => void = () => {};
	private failed: (error: Error) => void = () => {};

	protected constructor(private readonly url: string) {}

	join(): Promise<void> {
		const socket = new WebSocket(this.url, { perMessageDeflate: false });
		this.socket = socket;
		socket.on("message", (data) => this.take(data.toString()));
		socket.on("error", (error) => this.failed(error));
		socket.on("close", (code) => this.closed(code));
		socket.on("open", () => this.opened());
		return new Promise((resolve, reject) => {
			this.joined = resolve;
			this.failed = reject;
		});
	}

	/** The socket is open. */
	protected abstract opened(): void;
	protected abstract take(frame: string): void;

	protected closed(code: number): void {
		this.failed(new Error(`A connection was closed (${code}).`));
	}

	/** To be called when it can speak and hears its room. */
	protected ready(): void {
		this.joined();
	}

	protected send(frame: string): void {
		this.socket?.send(frame);
	}
}
