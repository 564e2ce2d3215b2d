import type { Entry } from "../../src/protocol/envelope.js";

/**
 * Who has the floor, and what waits for an answer, as a log tells it: reads the log entry by entry, and throws at the
 * first that may not be there. It's the whole of invariant 4, told so simply that it can be read at once.
 */
export class FloorReading {
	/** The answerer that has the floor while no person has. */
	answerer: string;
	/** The agents who take part. */
	readonly people = new Set<string>();
	/** The visitor's messages that are the answerer's to answer, in their order. */
	pending: number[] = [];
	/** Those that people have left unanswered since they took the floor. */
	left: number[] = [];
	private newest = 0;

	constructor(private readonly byDefault: string) {
		this.answerer = byDefault;
	}

	read(log: readonly Entry[]): this {
		for (const entry of log) {
			this.next(entry);
			this.newest = entry.seq;
		}
		return this;
	}

	private next(entry: Entry): void {
		const { from, content, seq } = entry;
		const refuse = (why: string) => {
			throw new Error(`Entry ${seq}, a ${content.type} of ${from.id}: ${why}.`);
		};
		if (seq !== this.newest + 1) refuse(`it comes after ${this.newest}`);
		if (from.role === "visitor") {
			(this.people.size > 0 ? this.left : this.pending).push(seq);
		} else if (from.role === "answerer") {
			if (this.people.size > 0) refuse("a person has the floor");
			if (content.type === "joined") {
				if (from.id === this.answerer) refuse("it had the floor");
				this.answerer = from.id;
				return;
			}
			if (from.id !== this.answerer) refuse(`${this.answerer} has the floor`);
			if (content.type === "handOff") return;
			const asked = this.pending.shift();
			if (asked === undefined) refuse("nothing waited for an answer");
			if (asked !== answeredBy(entry)) refuse(`${asked} waited for an answer`);
		} else if (content.type === "joined") {
			if (this.people.has(from.id)) refuse("it took part");
			if (this.people.size === 0) [this.left, this.pending] = [this.pending, []];
			this.people.add(from.id);
		} else if (content.type === "left") {
			if (!this.people.delete(from.id)) refuse("it took no part");
			if (this.people.size > 0) return;
			// From here on the answerer answers what's new; and what people left, if they were lost.
			this.answerer = this.byDefault;
			[this.pending, this.left] = [content.reason === "away" ? this.left : [], []];
		} else {
			if (!this.people.has(from.id)) refuse("it took no part");
			this.left = [];
		}
	}
}

/** The bots of these tests say which entry they answer. */
function answeredBy({ content }: Entry): number | undefined {
	if (content.type === "failure") return content.seq;
	return content.type === "message" ? Number(content.text.split(" ").at(-1)) : undefined;
}

/** What a bot of these tests says to entry `seq`. */
export function answerTo(seq: number): string {
	return `answer to ${seq}`;
}
