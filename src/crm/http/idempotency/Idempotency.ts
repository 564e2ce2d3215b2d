import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { newId } from "../../../delivery/identity.js";
import { asRouterError, ConditionFailed, RouterError } from "../../../protocol/errors.js";
import { httpStatus } from "../../../protocol/httpStatus.js";
import type { Storage } from "../../../storage/Storage.js";
import { keyIn, scopeOf } from "../../agents/records.js";
import { type IdempotencyRecord, idempotencyKeys } from "./records.js";
import { open, seal } from "./sealed.js";

export interface IdempotencyPorts {
	readonly topic: string;
	readonly storage: Storage;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/** At least 32 bytes. */
	readonly secret: string;
}

/** What a route answered. */
export interface Answered {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** Whether it's the answer of an earlier request of the same key. */
	readonly isReplayed?: boolean;
}

export interface KeyedRequest {
	readonly app: string;
	/** Who sends it: keys of others are others. */
	readonly sender: string;
	/** The `Idempotency-Key`. */
	readonly key: string;
	/** All that makes it this request and no other. */
	readonly content: string;
}

/** For how long answers are kept, in seconds. */
export const KEPT_S = 24 * 60 * 60;
/** After this time a request whose process seems to have died is worked on anew, in milliseconds. */
const ALIVE_MS = 30_000;
/** For how long a request waits for another one of its key, and how often it looks. */
const PATIENCE_MS = 5_000;
const LOOKS_EVERY_MS = 50;

/** Requests that are done once, however often they're sent with the same key. */
export class Idempotency {
	constructor(private readonly ports: IdempotencyPorts) {}

	/**
	 * Answers what the first request of this key was answered. `work` is given an id for what it makes; where a process
	 * died over it, it's done again with the same id. An error isn't kept: the request may be sent again.
	 * Throws what `work` throws, `idempotency_conflict`, `idempotency_running`.
	 */
	async run(request: KeyedRequest, work: (id: string) => Promise<Answered>): Promise<Answered> {
		const { clock } = this.ports;
		const end = performance.now() + PATIENCE_MS;
		const fresh = this.recordOf(request);
		for (;;) {
			const record = await this.ports.storage.get(idempotencyKeys, [fresh.idempotencyKey]);
			if (record && record.request !== fresh.request) throw new RouterError("idempotency_conflict");
			if (record?.answer !== undefined) return { ...this.opened(request, record.answer), isReplayed: true };
			if (!record || record.workingUntil <= clock()) {
				const taken = await this.take(fresh, record);
				if (taken) return this.work(request, taken, work);
			}
			if (performance.now() > end) throw new RouterError("idempotency_running");
			await pause(LOOKS_EVERY_MS);
		}
	}

	/** Undefined where somebody was faster. */
	private async take(fresh: IdempotencyRecord, left?: IdempotencyRecord): Promise<IdempotencyRecord | undefined> {
		const { storage } = this.ports;
		const { worker, workingUntil, idempotencyKey } = fresh;
		try {
			if (!left) {
				await storage.put(idempotencyKeys, fresh, "absent");
				return fresh;
			}
			const set = Object.entries({ worker, workingUntil });
			return await storage.update(idempotencyKeys, [idempotencyKey], { set }, [{ path: "worker", eq: left.worker }]);
		} catch (error) {
			if (error instanceof ConditionFailed) return undefined;
			throw error;
		}
	}

	private async work(
		request: KeyedRequest,
		{ idempotencyKey, newId: id, worker }: IdempotencyRecord,
		work: (id: string) => Promise<Answered>,
	): Promise<Answered> {
		const { storage } = this.ports;
		const isMine = [{ path: "worker", eq: worker }] as const;
		try {
			const answered = await work(id);
			const answer = seal(this.keyFor(request), JSON.stringify(answered));
			await storage.update(idempotencyKeys, [idempotencyKey], { set: [["answer", answer]] }, isMine).catch(overtaken);
			return answered;
		} catch (error) {
			// Nothing came of it for certain, or it may have: then the id must stay what it was.
			const isRefused = httpStatus(asRouterError(error).code) < 500;
			const end = isRefused
				? storage.delete(idempotencyKeys, [idempotencyKey], isMine)
				: storage.update(idempotencyKeys, [idempotencyKey], { set: [["workingUntil", 0]] }, isMine);
			// The error that ended the work is the one to be told.
			await Promise.resolve(end).catch(() => {});
			throw error;
		}
	}

	private recordOf(request: KeyedRequest): IdempotencyRecord {
		const { topic, clock, secret } = this.ports;
		const { app, sender, key, content } = request;
		const mac = (what: string, ...parts: readonly string[]) =>
			createHmac("sha256", secret)
				.update(JSON.stringify(["idempotency", what, app, sender, ...parts]))
				.digest("base64url");
		const now = clock();
		return {
			idempotencyKey: keyIn(scopeOf(topic, app), mac("name", key)),
			request: mac("request", content),
			newId: newId(),
			worker: newId(),
			workingUntil: now + ALIVE_MS,
			expires: Math.floor(now / 1000) + KEPT_S,
		};
	}

	private opened(request: KeyedRequest, answer: string): Answered {
		return JSON.parse(open(this.keyFor(request), answer));
	}

	private keyFor({ app, sender, key }: KeyedRequest): Buffer {
		const parts = JSON.stringify(["idempotency", "answer", app, sender, key]);
		return createHmac("sha256", this.ports.secret).update(parts).digest();
	}
}

/** Whoever took it over meanwhile made the same with the same id. */
function overtaken(error: unknown): void {
	if (!(error instanceof ConditionFailed)) throw error;
}
