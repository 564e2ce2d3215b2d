import type { Answer, AnsweringConnector, App, StentorResponse, Turn } from "stentor-chat-router";
import { findOrder } from "./orders.js";

/** Tells where an order is when it's asked "order 1234", and leaves everything else to the person or bot named in `otherwise`. */
export class OrderStatusConnector implements AnsweringConnector {
	readonly name = "orders";
	readonly answers = true;
	readonly answerWithinMs = 5_000;

	/** `otherwise`: the name of an answering connector. Default: any person. */
	constructor(private readonly otherwise?: string) {}

	/** Only the apps with orders: here, those whose id begins with "shop". */
	profile(app: App) {
		return app.id.startsWith("shop") ? { name: "Order desk" } : undefined;
	}

	async answer(turn: Turn): Promise<Answer> {
		const { content } = turn.entry;
		if (content.type === "launch")
			return { messages: [say("Hello! Tell me your order's number, such as: order 1234")] };

		const number = content.type === "message" ? content.text.match(/\border\s*#?\s*(\d{4,12})\b/i)?.[1] : undefined;
		if (!number) return { messages: [say("I'll pass you on.")], handOff: { target: this.otherwise } };

		await turn.typing(true);
		try {
			const order = await findOrder(number, turn.signal);
			return { messages: [say(order ? `Order ${number} ${order.status}.` : `There's no order ${number} here.`)] };
		} finally {
			await turn.typing(false);
		}
	}
}

function say(displayText: string): { response: StentorResponse } {
	return { response: { outputSpeech: { displayText, suggestions: ["Talk to a person"] } } };
}
