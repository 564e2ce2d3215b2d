import { randomUUID } from "node:crypto";
import { collections } from "../../../src/delivery/records.js";
import { wordCollections } from "../../../src/storage/words/index.js";
import type { HeldConnection } from "../managementApi.js";
import { type Call, DynamodbTap, type Part } from "./DynamodbTap.js";
import type { LambdaProcess } from "./LambdaProcess.js";
import { Lambdas } from "./Lambdas.js";

export type CountedFunction = "ws" | "worker" | "greeting";

/** Whose cost it is: of passing messages on, of the conversations' records and agents, or of finding messages by words. */
export type Account = "router" | "crm" | "search";

export interface Units {
	readonly write: number;
	readonly read: number;
}

/** What a visitor's message and the bot's answer to it caused. */
export interface Turn {
	/** Up to the fan-out; from the answer on. */
	readonly message: readonly Call[];
	readonly answer: readonly Call[];
	/** What the worker did when it was given both, one after the other. */
	readonly following: readonly Call[];
	/** Round trips one after the other before the first post. */
	readonly messageInSeries: number;
	readonly answerInSeries: number;
}

const ROUTER = new Set(collections.map(({ name }) => name));
const SEARCH = new Set(wordCollections.map(({ name }): string => name));

/** Lambdas whose requests to DynamoDB are counted, each function's for itself. */
export class CountedChat {
	private constructor(
		readonly lambdas: Lambdas,
		readonly taps: Readonly<Record<CountedFunction, DynamodbTap>>,
		readonly worker: LambdaProcess,
		/** An agent who has signed in. */
		readonly agent: { readonly id: string; readonly token: string },
	) {}

	/** On DynamoDB Local at this address. */
	static async open(endpoint: string): Promise<CountedChat> {
		const lambdas = await Lambdas.open({ endpoint });
		const tap = () => DynamodbTap.start(endpoint, lambdas.client, lambdas.prefix);
		const taps = { ws: await tap(), worker: await tap(), greeting: await tap() };
		const [api, scheduled] = await Promise.all([lambdas.start("api"), lambdas.start("scheduled")]);
		const agent = await lambdas.agent(api, scheduled, "Grace");
		await Promise.all([api.kill(), scheduled.kill()]);
		return new CountedChat(lambdas, taps, await lambdas.start("worker", taps.worker.endpoint), agent);
	}

	async close(): Promise<void> {
		await this.lambdas.close();
		for (const tap of Object.values(this.taps)) tap.stop();
	}

	/** A process that was just started: it knows no connection. */
	start(name: CountedFunction): Promise<LambdaProcess> {
		return this.lambdas.start(name, this.taps[name].endpoint);
	}

	/** Forgets what was counted. */
	reset(): void {
		for (const tap of Object.values(this.taps)) tap.calls = [];
	}

	/** A session with a visitor, and an agent who watches. */
	async session(ws: LambdaProcess): Promise<{ readonly sessionId: string; readonly visitor: HeldConnection }> {
		const { sessionId, held: visitor } = await this.lambdas.visitor(ws);
		const agent = await this.lambdas.connect(ws, { isAdmin: "true", token: this.agent.token });
		await this.lambdas.send(ws, agent, { event: "user joined", sessionId });
		await this.lambdas.follow(this.worker);
		return { sessionId, visitor };
	}

	/** The visitor says something, the bot answers it, and the worker follows. */
	async turn(ws: LambdaProcess, sessionId: string, visitor: HeldConnection, text: string): Promise<Turn> {
		const { lambdas, taps } = this;
		this.reset();
		const from = lambdas.api.requests.length;
		const data = { type: "INTENT_REQUEST", rawQuery: text };
		await lambdas.send(ws, visitor, { event: "new message", sessionId, messageId: randomUUID(), data });
		await lambdas.follow(this.worker, 1);
		const askedAt = lambdas.bot.received.at(-1)?.timeMs ?? Number.NaN;
		const posts = lambdas.api.requests.slice(from).map(({ begun }) => begun);
		const { calls } = taps.ws;
		const message = calls.filter(({ begun }) => begun < askedAt);
		const answer = calls.filter(({ begun }) => begun > askedAt);
		const beforePost = (those: readonly Call[], since: number) => {
			const first = posts.find((at) => at > since) ?? Number.NaN;
			return inSeries(those.filter(({ ended }) => ended <= first));
		};
		return {
			message,
			answer,
			following: taps.worker.calls,
			messageInSeries: beforePost(message, 0),
			answerInSeries: beforePost(answer, answer.find(({ isWrite }) => isWrite)?.ended ?? Number.NaN),
		};
	}
}

/** What calls cost, of one account; a call of `worker` is never the router's. */
export function unitsOf(calls: readonly Call[], account?: Account, isWorker = false): Units {
	const parts = calls.flatMap(({ isWrite, parts }) =>
		parts
			.filter((part) => account === undefined || accountOf(part, isWorker) === account)
			.map((part) => ({ isWrite, part })),
	);
	const sum = (isWrite: boolean) =>
		parts.reduce((units, each) => units + (each.isWrite === isWrite ? each.part.units + each.part.indexUnits : 0), 0);
	return { write: sum(true), read: sum(false) };
}

function accountOf({ collection }: Part, isWorker: boolean): Account {
	if (SEARCH.has(collection)) return "search";
	return !isWorker && ROUTER.has(collection) ? "router" : "crm";
}

/** The longest chain of calls each of which began after the one before it had ended. */
export function inSeries(calls: readonly Call[]): number {
	const depths: number[] = [];
	const sorted = [...calls].sort((a, b) => a.begun - b.begun);
	for (const call of sorted) {
		const before = sorted.flatMap((other, i) => (other.ended <= call.begun ? [depths[i] ?? 0] : []));
		depths.push(1 + Math.max(0, ...before));
	}
	return Math.max(0, ...depths);
}
