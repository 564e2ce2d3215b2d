import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import type { RouterMessage } from "../../src/protocol/router/frames.js";

type Frame = RouterMessage<{ code?: string; messageId?: string; seq?: number; sessionCreated?: boolean }>;

/** How the first two frames of a session race. */
export const RACES = {
	"back to back on one socket": [["user joined", "m1"]],
	"back to back on two sockets": [
		["user joined", "m1"],
		["user joined", "m2"],
	],
	"the same message back to back on two sockets": [
		["user joined", "m1"],
		["user joined", "m1"],
	],
	"one on each of two sockets": [["user joined"], ["m1"]],
} as const satisfies Record<string, readonly (readonly string[])[]>;
export type Race = keyof typeof RACES;

/** What each of a new visitor's sockets was told. */
export interface Told {
	joined: number;
	readonly acks: { messageId: string; seq: number }[];
	readonly refused: string[];
}

/** Somebody whom the server has never met. What it sends first isn't waited for. */
export class NewVisitor {
	readonly session = `stentor-widget-session-${randomUUID()}`;
	readonly user = `stentor-widget-user-${randomUUID()}`;
	readonly messageIds: ReadonlySet<string>;
	private readonly sockets: readonly (readonly string[])[];

	constructor(
		private readonly url: string,
		race: Race,
	) {
		this.sockets = RACES[race];
		this.messageIds = new Set(this.sockets.flat().filter((each) => each !== "user joined"));
	}

	/** Resolves when every frame is answered. */
	async arrive(): Promise<Told[]> {
		const address = new URL("/ws", this.url.replace(/^http/, "ws"));
		address.search = String(new URLSearchParams({ userId: this.user, isAdmin: "false" }));
		const sockets = this.sockets.map(() => new WebSocket(address));
		try {
			await Promise.all(sockets.map((socket) => once(socket, "open")));
			return await Promise.all(sockets.map((socket, index) => this.speak(socket, this.sockets[index] ?? [])));
		} finally {
			for (const socket of sockets) socket.terminate();
		}
	}

	private async speak(socket: WebSocket, frames: readonly string[]): Promise<Told> {
		const told: Told = { joined: 0, acks: [], refused: [] };
		const send = (each: string) => {
			const said = { event: "new message", messageId: each, data: { type: "INTENT_REQUEST", rawQuery: each } };
			const frame = each === "user joined" ? { event: each } : said;
			socket.send(JSON.stringify({ sessionId: this.session, timeMs: Date.now(), ...frame }));
		};
		await new Promise<void>((resolve, reject) => {
			socket.on("close", (code) => reject(new Error(`It was closed with ${code}.`)));
			socket.on("message", (text) => {
				const { event, data } = JSON.parse(text.toString()) as Frame;
				const { code = "", messageId = "", seq = 0 } = data ?? {};
				if (event === "connection update" && data?.sessionCreated) told.joined++;
				else if (event === "ack") told.acks.push({ messageId, seq });
				else if (event === "failure") {
					told.refused.push(code);
					// What it said came before the session was there.
					if (code === "not_joined") send(messageId);
				}
				if (told.joined + told.acks.length === frames.length) resolve();
			});
			for (const each of frames) send(each);
		});
		return told;
	}
}
