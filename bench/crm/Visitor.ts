import { WebSocket } from "ws";

/** Connects as a returning customer; answers how long it took until they were greeted, in milliseconds. */
export function connectTime(origin: string, customer: { email: string; conversationId: string }): Promise<number> {
	const user = encodeURIComponent(JSON.stringify({ email: customer.email, name: "A customer" }));
	const conversation = encodeURIComponent(customer.conversationId);
	return new Promise((resolve, reject) => {
		const begun = performance.now();
		const socket = new WebSocket(`ws://${origin}/ws?user=${user}&conversationId=${conversation}`);
		socket.once("message", (frame) => {
			const took = performance.now() - begun;
			socket.close();
			const greeting = JSON.parse(String(frame)) as { conversationId?: string };
			if (greeting.conversationId === customer.conversationId) resolve(took);
			else reject(new Error("The customer did not come back to their conversation."));
		});
		socket.once("error", reject);
		socket.once("close", () => reject(new Error("The connection was closed before the greeting.")));
	});
}
