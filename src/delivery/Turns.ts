import type { App } from "../apps/Apps.js";
import type { Answer, AnsweringConnector, Turn } from "../connectors/Connector.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Content, Entry } from "../protocol/envelope.js";
import { asRouterError, RouterError } from "../protocol/errors.js";
import { textRequest } from "../protocol/stentor.js";
import type { Fanout } from "./Fanout.js";
import { type Answerers, acceptHandOff, declineHandOff, holderOf } from "./floor.js";
import { digest, logId, partsOf } from "./identity.js";
import { handledOf, wantsAnswer } from "./participants.js";
import type { SessionLog } from "./SessionLog.js";
import type { Target } from "./targets.js";
import { checkAnswer, textOf, transcriptOf } from "./transcript.js";
import { type Begun, isTaken, putAnswer, putFailure, TURN_ATTEMPTS, takeTurn } from "./turn.js";

/** What visitors say that's to be answered. */
const ASKING: ReadonlySet<Content["type"]> = new Set(["message", "launch"]);
const UNANSWERED = "The assistant could not answer.";

export interface TurnsPorts {
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly monitor: Monitor;
	/** This process; a lease that another one holds counts unless `isDead`. */
	readonly instance: string;
	isDead(instance: string): boolean;
	connector(name: string): AnsweringConnector | undefined;
}

/** A session whose answerers are to be asked. */
export interface Asked {
	readonly key: string;
	readonly app: App;
	readonly answerers: Answerers;
	readonly trace: string;
}

/** A turn to be run: what it answers, and who is told that an answer is coming. */
export interface Taken {
	readonly begun: Begun;
	readonly entry: Entry;
	readonly targets: readonly Target[];
}

/** Runs turns: one message that wants an answer after the other, each by whoever holds the floor then. */
export class Turns {
	constructor(private readonly ports: TurnsPorts) {}

	/** Runs turns until nothing waits for an answer here; `first` is one that's taken already. */
	async run(asked: Asked, first?: Taken): Promise<void> {
		let next = first ?? (await this.take(asked));
		while (next) next = (await this.answer(asked, next)) ? await this.take(asked) : undefined;
	}

	/** Asks the answerer that a hand-off names whether it takes the floor. */
	async invite({ key, app, answerers, trace }: Asked): Promise<void> {
		const { log, monitor } = this.ports;
		const head = await log.peek(key);
		const answerer = head?.handOff?.invited && answerers.get(head.handOff.target ?? "");
		const connector = answerer && this.ports.connector(answerer.name);
		if (!head || !answerer || !connector) return;
		const signal = AbortSignal.timeout(connector.answerWithinMs);
		const { sessionId } = partsOf(key);
		let accepts = false;
		try {
			accepts = await inTime(signal, async () => connector.invite?.({ app, sessionId, signal }) ?? true);
		} catch (error) {
			monitor.warn("invitation failed", { session: logId(key), to: answerer.name, reason: String(error), trace });
		}
		monitor.info("hand-off", { session: logId(key), to: answerer.name, accepts, trace });
		await log.change(
			key,
			(draft) => {
				if (accepts) acceptHandOff(draft, answerer, head.floor.fence);
				else declineHandOff(draft, answerer, head.floor.fence);
			},
			{ trace },
		);
	}

	/** Takes the next turn, if there's one that nobody has. */
	private async take(asked: Asked): Promise<Taken | undefined> {
		const { key, answerers, trace } = asked;
		const { log, fanout, instance } = this.ports;
		for (;;) {
			const head = await log.peek(key);
			if (!head || !wantsAnswer(head)) return undefined;
			const handled = handledOf(head);
			const entry = await this.nextAsking(key, handled, head.asked ?? handled);
			let targets: readonly Target[] = [];
			const { result } = await log.change(
				key,
				(draft) => {
					const answerer = holderOf(draft, answerers);
					if (!answerer || !wantsAnswer(draft.head)) return "nothing";
					if (isTaken(draft, (id) => this.ports.isDead(id))) return "nothing";
					if (handledOf(draft.head) !== handled) return "again";
					const begun = takeTurn(draft, answerer, entry?.seq ?? draft.head.asked ?? handled, instance);
					if (entry && begun.turn.attempt <= TURN_ATTEMPTS) return begun;
					// Taken too often, by processes that died of it: the session must go on.
					putFailure(draft, begun.turn, UNANSWERED);
					return "again";
				},
				{
					trace,
					afterwards: (now) => {
						targets = fanout.targets(now);
					},
				},
			);
			if (result === "nothing") return undefined;
			if (result !== "again" && entry) return { begun: result, entry, targets };
		}
	}

	/** The first entry after `handled` that wants an answer. */
	private async nextAsking(key: string, handled: number, asked: number): Promise<Entry | undefined> {
		for await (const page of this.ports.log.entries(key, handled, asked)) {
			const found = page.find(({ from, content }) => from.role === "visitor" && ASKING.has(content.type));
			if (found) return found;
		}
		return undefined;
	}

	/** Answers whether there may be more to answer. */
	private async answer(asked: Asked, taken: Taken): Promise<boolean> {
		const { key, answerers, trace } = asked;
		const { turn } = taken.begun;
		const fields = { session: logId(key), by: turn.by, seq: turn.seq, trace };
		const began = performance.now();
		const outcome = await this.ask(asked, taken);
		const put = (what: Answer | Error) =>
			this.ports.log.change(
				key,
				(draft) => ({
					isPut: what instanceof Error ? putFailure(draft, turn, UNANSWERED) : putAnswer(draft, turn, what, answerers),
					// An earlier answer's invitation is under way already.
					isInvited: draft.head.handOff?.invited === true && draft.appended.some(isHandOff),
					isMore: wantsAnswer(draft.head),
				}),
				{ trace },
			);
		const { result } = await put(outcome).catch((cause: unknown) => {
			if (asRouterError(cause).retryable) throw cause;
			// It can never be put there: the session must go on without it.
			this.ports.monitor.error("answer refused by the storage", cause, fields);
			return put(new RouterError("connector_failed"));
		});
		if (!result.isPut) this.ports.monitor.info("answer dropped: the floor has moved", fields);
		else this.ports.monitor.debug("answered", { ...fields, ms: Math.round(performance.now() - began) });
		if (result.isInvited) await this.invite(asked);
		return result.isMore || result.isInvited;
	}

	private async ask({ key, app, trace }: Asked, { begun, entry, targets }: Taken): Promise<Answer | Error> {
		const { log, fanout, monitor } = this.ports;
		const { turn, who, user, isFresh } = begun;
		const connector = this.ports.connector(turn.by);
		if (!connector) return new RouterError("connector_failed", `No connector is named ${turn.by}.`);
		const { content } = entry;
		const request = "request" in content && content.request ? content.request : textRequest(textOf(entry));
		let isTyping = false;
		const typing = (on: boolean) => {
			isTyping = on;
			return fanout.tellAll(targets, { type: "typing", who, on });
		};
		const retrying: Turn["retrying"] = async (tries, delayMs, error) => {
			// What the floor has left behind must not look as if it were still coming.
			if ((await log.peek(key))?.turn?.id !== turn.id) return;
			await fanout.tellAll(targets, { type: "retrying", who, tries, delayMs, error });
		};
		const signal = AbortSignal.timeout(connector.answerWithinMs);
		const { sessionId } = partsOf(key);
		const requestId = digest(`${key}/${turn.seq}`);
		try {
			const transcript = isFresh ? await transcriptOf(log, key, entry.seq - 1) : undefined;
			const told = { app, sessionId, userId: user, requestId, entry, request, transcript, signal, typing, retrying };
			return checkAnswer(await inTime(signal, () => connector.answer(told)));
		} catch (cause) {
			const error = new RouterError("connector_failed", undefined, { cause });
			monitor.error("turn failed", error, { session: logId(key), by: turn.by, seq: turn.seq, trace });
			return error;
		} finally {
			if (isTyping) await typing(false);
		}
	}
}

function isHandOff({ content }: Entry): boolean {
	return content.type === "handOff";
}

/** What `work` gives, or rejects when the signal aborts: what doesn't heed it must not keep the session waiting. */
async function inTime<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
	let stop: (() => void) | undefined;
	const timeOut = new Promise<never>((_, reject) => {
		stop = () => reject(signal.reason);
		signal.addEventListener("abort", stop, { once: true });
	});
	try {
		return await Promise.race([work(), timeOut]);
	} finally {
		if (stop) signal.removeEventListener("abort", stop);
	}
}
