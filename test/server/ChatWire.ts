import { once } from "node:events";
import { WebSocket } from "ws";
import { afterwards, eventually } from "./given.js";

export interface ChatFrame {
	readonly type?: string;
	/** Of the greeting. */
	readonly conversationId?: string;
	readonly customerId?: string;
	readonly token?: string;
	readonly data?: Readonly<Record<string, unknown>>;
}

/** A client of the chat API over a real WebSocket. */
export class ChatWire {
	readonly frames: ChatFrame[] = [];
	/** The code it was closed with. */
	readonly closeCode: Promise<number>;

	private constructor(private readonly socket: WebSocket) {
		socket.on("message", (data) => this.frames.push(JSON.parse(data.toString())));
		socket.on("error", () => {});
		this.closeCode = new Promise((resolve) => socket.once("close", (code) => resolve(code)));
	}

	static async connect(address: string, query: Record<string, string>): Promise<ChatWire> {
		const client = new ChatWire(new WebSocket(`${address}?${new URLSearchParams(query)}`));
		await once(client.socket, "open");
		afterwards(() => client.socket.terminate());
		return client;
	}

	send(action: string, data: object): void {
		this.socket.send(JSON.stringify({ action, data }));
	}

	sendBinary(): void {
		this.socket.send(Buffer.from([1, 2, 3]));
	}

	/** Who is at it and where, as its greeting says. */
	async greeting(): Promise<Required<Pick<ChatFrame, "conversationId" | "customerId" | "token">>> {
		await this.until(({ token }) => token !== undefined);
		const { conversationId = "", customerId = "", token = "" } = this.frames[0] ?? {};
		return { conversationId, customerId, token };
	}

	say(conversationId: string, content: string): void {
		this.send("sendMessage", { conversationId, content, messageType: "text" });
	}

	/** The texts of what was said. */
	get read(): string[] {
		return this.frames.flatMap(({ type, data }) => (type === "message" ? [String(data?.content)] : []));
	}

	async hears(content: string): Promise<void> {
		await this.until(({ type, data }) => type === "message" && data?.content === content);
	}

	until(condition: (frame: ChatFrame) => boolean): Promise<void> {
		return eventually(
			() => this.frames.some(condition),
			() => JSON.stringify(this.frames),
		);
	}
}
