import type { Monitor } from "../../monitoring/Monitor.js";
import type { StaffActor } from "../access/Actor.js";
import type { AuditTrail } from "../audit/AuditTrail.js";
import type { Authentication } from "./Authentication.js";
import type { AllowedOrigins } from "./cors.js";
import type { Idempotency } from "./idempotency/Idempotency.js";
import type { Rate } from "./RateLimit.js";

export interface ApiPorts {
	readonly authentication: Pick<Authentication, "of">;
	readonly idempotency: Pick<Idempotency, "run">;
	/** Notes who did what. */
	readonly audit: Pick<AuditTrail, "append" | "note">;
	readonly monitor: Monitor;
	/** Whose pages may read answers, besides those that come from the API's own address. */
	readonly allowedOrigins: AllowedOrigins;
	readonly limits: ApiLimits;
	/** For the documentation. */
	readonly about: { readonly title: string; readonly version: string };
	/** While it stops, nothing new is begun. Default: it never does. */
	readonly isStopping?: () => boolean;
	/** An agent did something. */
	readonly active?: (actor: StaffActor) => void;
}

export interface ApiLimits {
	readonly perAddress: Rate;
	/** For each customer, agent and API key. */
	readonly perActor: Rate;
}

export const DEFAULT_LIMITS: ApiLimits = {
	perAddress: { perSecond: 100, burst: 400 },
	perActor: { perSecond: 50, burst: 200 },
};

/** What whoever hands over a request knows of it. */
export interface ApiEnv {
	Bindings: {
		/** Where it comes from. */
		readonly address?: string;
		/**
		 * Sends an answer at once, with headers that it may add to, and answers what stands for it to Hono: it spares a
		 * `Response`, which costs Node as much as all the rest. Default: the `Response` is the answer.
		 */
		readonly send?: (status: number, headers: Record<string, string>, body: string | undefined) => Response;
	};
}

/** What every path begins with. */
export const BASE = "/api";
