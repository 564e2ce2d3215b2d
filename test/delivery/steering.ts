import { setTimeout as sleep } from "node:timers/promises";
import { collections } from "../../src/delivery/records.js";
import { RouterError } from "../../src/protocol/errors.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { Address, PostResult } from "../../src/transport/Transport.js";
import { LoopTransport } from "../support/LoopTransport.js";

type Name = Exclude<keyof Storage, "maxWrites">;
type Methods = { [M in Name]: { readonly method: M; readonly args: Parameters<Storage[M]> } };
/** A call of a storage. */
export type StorageCall = Methods[Name];

/** A memory whose calls go through `around`: it may hold them up, let them fail, or lose what they answer. */
export function steeredStorage(
	around: (call: StorageCall, proceed: () => Promise<unknown>) => Promise<unknown>,
): Storage {
	return new Proxy<Storage>(new MemoryStorage({ collections }), {
		get(target, name) {
			const member: unknown = Reflect.get(target, name, target);
			if (typeof member !== "function") return member;
			return (...args: unknown[]) => around({ method: name, args } as StorageCall, () => member.apply(target, args));
		},
	});
}

/** Whether a call reads entries of a log. */
export function readsLog({ method, args }: StorageCall): boolean {
	return method === "query" && args[0].name === "entries";
}

/** Does the call; its answer never comes. */
export async function loseAnswer(proceed: () => Promise<unknown>): Promise<never> {
	await proceed();
	throw new RouterError("storage_unavailable");
}

/** A transport that asks `before` each frame: it may hold it up, or say that there's nobody. */
export class SteeredTransport extends LoopTransport {
	before: (to: Address) => Promise<PostResult | undefined> = async () => undefined;

	override async post(to: Address, frame: string, mark?: unknown): Promise<PostResult> {
		return (await this.before(to)) ?? super.post(to, frame, mark);
	}
}

/** What differs between the deployments: our own server learns what arrived, and is alone on its storage. */
export function onDeployment(name: Deployment): { transport: SteeredTransport; soleOwner: boolean } {
	const isOwnServer = name === "own server";
	return { transport: new SteeredTransport(isOwnServer), soleOwner: isOwnServer };
}

export const DEPLOYMENTS = ["own server", "API Gateway"] as const;
export type Deployment = (typeof DEPLOYMENTS)[number];

/** A promise that a test keeps when it wants to. */
export class Later<T = void> {
	keep: (value: T) => void = () => {};
	readonly promise = new Promise<T>((resolve) => {
		this.keep = resolve;
	});
}

/** Waits, a millisecond at a time. */
export async function until(holds: () => boolean): Promise<void> {
	while (!holds()) await sleep(1);
}
