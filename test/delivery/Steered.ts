import type { Answer, AnsweringConnector, Turn } from "../../src/connectors/Connector.js";
import { textResponse } from "../../src/protocol/stentor.js";

export function say(...texts: string[]): Answer {
	return { messages: texts.map((text) => ({ response: textResponse(text) })) };
}

/** An answerer that a test steers: every turn is kept, and answered by `reply`. */
export class Steered implements AnsweringConnector {
	readonly answers = true;
	answerWithinMs = 15_000;
	readonly turns: Turn[] = [];
	reply: (turn: Turn) => Promise<Answer> | Answer = (turn) => say(`echo ${turn.request.rawQuery ?? "hello"}`);

	constructor(readonly name = "bot") {}

	profile() {
		return { name: "Robo" };
	}

	async answer(turn: Turn): Promise<Answer> {
		this.turns.push(turn);
		return this.reply(turn);
	}
}

/** One that's asked first whether it takes the floor. */
export class Invited extends Steered {
	decide: () => Promise<boolean> = async () => true;

	invite(): Promise<boolean> {
		return this.decide();
	}
}
