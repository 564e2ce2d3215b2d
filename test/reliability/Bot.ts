import type { Answer, AnsweringConnector, Turn } from "../../src/connectors/Connector.js";
import { textResponse } from "../../src/protocol/stentor.js";
import { answerTo } from "./FloorReading.js";

interface Question {
	readonly seq: number;
	answer(answer: Answer): void;
	fail(error: Error): void;
}

/** An answerer whose calls hang until a test has them answered, and which watches how it's asked. */
export class Bot implements AnsweringConnector {
	readonly answers = true;
	readonly answerWithinMs = 15_000;
	/** Calls that hang, the newest last. */
	held: Question[] = [];
	/** Invitations that hang. */
	invited: ((accepts: boolean) => void)[] = [];
	/** Whether it answers by itself from now on. */
	isPrompt = false;
	/** What it was asked wrongly. */
	readonly complaints: string[] = [];
	/** By entry, the request id that it was asked with. */
	private readonly asked = new Map<number, string>();
	/** Entries up to this one may be asked again: whoever asked is dead. */
	private forgotten = 0;

	constructor(
		readonly name: string,
		private readonly clock: () => number,
	) {}

	profile() {
		return { name: this.name };
	}

	/** Who asked is dead: it may be asked again at once. */
	forgetAsking(): void {
		this.forgotten = Math.max(0, ...this.asked.keys());
	}

	invite(): Promise<boolean> {
		if (this.isPrompt) return Promise.resolve(true);
		return new Promise((resolve) => this.invited.push(resolve));
	}

	answer({ entry: { seq, timeMs }, requestId }: Turn): Promise<Answer> {
		const before = this.asked.get(seq);
		// The lease of an entry's turn doesn't begin before the entry.
		const isLeased = seq > this.forgotten && this.clock() - timeMs < this.answerWithinMs;
		if (before !== undefined && isLeased) this.complaints.push(`${seq} again within the lease`);
		if (before !== undefined && before !== requestId) this.complaints.push(`${seq} by another request id`);
		this.asked.set(seq, requestId);
		if (this.isPrompt) return Promise.resolve(this.say(seq));
		return new Promise((answer, fail) => this.held.push({ seq, answer, fail }));
	}

	say(seq: number): Answer {
		return { messages: [{ response: textResponse(answerTo(seq)) }] };
	}
}
