import type { App } from "../apps/Apps.js";
import type { Answer, AnsweringConnector, TranscriptLine } from "../connectors/Connector.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import { LIMITS } from "../protocol/limits.js";
import { textRequest } from "../protocol/stentor.js";
import type { Fanout } from "./Fanout.js";
import { type Answerers, acceptHandOff, holderOf, wantsAnswer } from "./floor.js";
import { digest, logId, partsOf } from "./identity.js";
import type { Head, TurnLease } from "./records.js";
import { senderOf } from "./SessionDraft.js";
import type { SessionLog } from "./SessionLog.js";
import { isTaken, putAnswer, putFailure, TURN_ATTEMPTS, takeTurn } from "./turn.js";

/** What an outbound frame holds besides what is said, in bytes. */
const ENVELOPE_BYTES = 4_096;
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

/** Runs turns: one message that wants an answer after the other, each by whoever holds the floor then. */
export class Turns {
	constructor(private readonly ports: TurnsPorts) {}

	/** Runs turns until nothing waits for an answer here; `first` is one that's taken already, with its entry. */
	async run(asked: Asked, first?: { turn: TurnLease; entry: Entry }): Promise<void> {
		for (let taken = first ?? (await this.take(asked)); taken; taken = await this.take(asked)) {
			await this.answer(asked, taken.turn, taken.entry);
		}
	}

	/** Asks the answerer that a hand-off names whether it takes the floor. */
	async invite({ key, app, answerers, trace }: Asked): Promise<void> {
		const head = await this.ports.log.peek(key);
		const answerer = answerers.get(head?.handOff?.target ?? "");
		const connector = answerer && this.ports.connector(answerer.name);
		if (!head || !answerer || !connector) return;
		const signal = AbortSignal.timeout(connector.answerWithinMs);
		const { sessionId } = partsOf(key);
		const accepts = await (connector.invite?.({ app, sessionId, signal }) ?? true);
		this.ports.monitor.info("hand-off", { session: logId(key), to: answerer.name, accepts, trace });
		if (!accepts) return;
		await this.ports.log.change(key, (draft) => acceptHandOff(draft, answerer, head.floor.fence), {
			afterwards: (now, { appended }) => this.ports.fanout.entries(now, appended, trace),
		});
	}

	/** Takes the next turn, if there's one that nobody has. */
	private async take(asked: Asked): Promise<{ turn: TurnLease; entry: Entry } | undefined> {
		const { key, answerers, trace } = asked;
		const { log, fanout, instance } = this.ports;
		for (;;) {
			const head = await log.peek(key);
			if (!head || !wantsAnswer(head)) return undefined;
			const handled = handledOf(head);
			const entry = await this.nextAsking(key, handled, head.asked ?? handled);
			const { result } = await log.change(
				key,
				(draft) => {
					const answerer = holderOf(draft, answerers, handled);
					if (!answerer || !wantsAnswer(draft.head)) return "nothing";
					if (isTaken(draft, (id) => this.ports.isDead(id))) return "nothing";
					if (handledOf(draft.head) !== handled) return "again";
					const turn = takeTurn(draft, answerer, entry?.seq ?? draft.head.asked ?? handled, instance);
					if (entry && turn.attempt <= TURN_ATTEMPTS) return turn;
					// Taken too often, by processes that died of it: the session must go on.
					putFailure(draft, turn, UNANSWERED);
					return "again";
				},
				{ afterwards: (now, { appended }) => fanout.entries(now, appended, trace) },
			);
			if (result === "nothing") return undefined;
			if (result !== "again" && entry) return { turn: result, entry };
		}
	}

	/** The first entry after `handled` that wants an answer. */
	private async nextAsking(key: string, handled: number, asked: number): Promise<Entry | undefined> {
		for await (const page of this.ports.log.entries(key, handled, asked)) {
			const found = page.find(({ from, content }) => from.role === "visitor" && content.type !== "erased");
			if (found) return found;
		}
		return undefined;
	}

	private async answer(asked: Asked, turn: TurnLease, entry: Entry): Promise<void> {
		const { key, answerers, trace } = asked;
		const { log, fanout, monitor } = this.ports;
		const outcome = await this.ask(asked, turn, entry);
		const { result, appended } = await log.change(
			key,
			(draft) =>
				outcome instanceof Error ? putFailure(draft, turn, UNANSWERED) : putAnswer(draft, turn, outcome, answerers),
			{ afterwards: (head, done) => fanout.entries(head, done.appended, trace) },
		);
		const fields = { session: logId(key), by: turn.by, seq: turn.seq, trace };
		if (!result) monitor.info("answer dropped: the floor has moved", fields);
		else if (outcome instanceof Error) monitor.error("turn failed", outcome, fields);
		else monitor.debug("answered", fields);
		if (appended.some(({ content }) => content.type === "handOff")) await this.invite(asked);
	}

	private async ask({ key, app, trace }: Asked, turn: TurnLease, entry: Entry): Promise<Answer | Error> {
		const { log, fanout } = this.ports;
		const head = await log.peek(key);
		const connector = this.ports.connector(turn.by);
		const me = head?.participants[turn.by];
		if (!head || !connector || !me) return new RouterError("connector_failed", `No connector is named ${turn.by}.`);
		const { content } = entry;
		const request = "request" in content && content.request ? content.request : textRequest(textOf(entry));
		const who = senderOf(turn.by, me);
		const signal = AbortSignal.timeout(connector.answerWithinMs);
		const tell = async (told: Parameters<Fanout["signal"]>[1]) => {
			const now = await log.peek(key);
			// An answer that the floor has left behind must not look as if it were coming.
			if (now?.turn?.id === turn.id || (told.type === "typing" && !told.on)) {
				await fanout.signal(now ?? head, told, (id) => id !== turn.by);
			}
		};
		try {
			const answering = connector.answer({
				app,
				sessionId: partsOf(key).sessionId,
				userId: head.participants[head.owner]?.ref ?? head.owner,
				requestId: digest(key, String(turn.seq)),
				entry,
				request,
				transcript: me.fresh ? await this.transcript(key, entry.seq - 1) : undefined,
				signal,
				typing: (on) => tell({ type: "typing", who, on }),
				retrying: (tries, delayMs, error) => tell({ type: "retrying", who, tries, delayMs, error }),
			});
			const answer = await Promise.race([answering, timeOut(signal)]);
			checkSize(answer);
			return answer;
		} catch (cause) {
			this.ports.monitor.warn("answer failed", { session: logId(key), by: turn.by, reason: String(cause), trace });
			return new RouterError("connector_failed", undefined, { cause });
		}
	}

	/** What was said before, as a bot is told. */
	private async transcript(key: string, to: number): Promise<TranscriptLine[]> {
		// Entries without words lie between; a few more are read so that enough lines remain.
		const entries = await this.ports.log.newest(key, to, LIMITS.transcript * 3);
		return entries
			.filter((entry) => textOf(entry))
			.slice(-LIMITS.transcript)
			.map(lineOf);
	}
}

/** Rejects when the signal does: a connector that doesn't heed it must not keep the session waiting. */
function timeOut(signal: AbortSignal): Promise<never> {
	return new Promise((_, reject) => {
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	});
}

function lineOf(entry: Entry): TranscriptLine {
	const from = entry.from.role === "answerer" ? "bot" : entry.from.role;
	return { from, text: textOf(entry), at: new Date(entry.timeMs).toISOString() };
}

function textOf({ content }: Entry): string {
	return content.type === "message" ? content.text : "";
}

function handledOf(head: Head): number {
	return head.participants[head.floor.holder ?? ""]?.handled ?? 0;
}

function checkSize(answer: Answer): void {
	for (const { response } of answer.messages) {
		const bytes = Buffer.byteLength(JSON.stringify(response));
		if (bytes > LIMITS.outboundBytes - ENVELOPE_BYTES) {
			throw new RouterError("frame_too_large", `The answer has ${bytes} bytes; that's more than a connection takes.`);
		}
	}
}
