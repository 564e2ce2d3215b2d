import { defineCollection } from "../../storage/Storage.js";
import type { ActorRole } from "../access/Actor.js";

export const OUTCOMES = ["done", "begun", "failed", "refused"] as const;

/** Who did what, when, with what: ids only, nothing of what anybody said, and nobody's address. */
export interface AuditEntry {
	/** ISO 8601. */
	readonly at: string;
	/** Without an id: whoever tried to sign in as nobody that's known. */
	readonly actor: { readonly role: ActorRole | "unknown"; readonly id?: string };
	/** As in the table of permissions, or `auth.login`. */
	readonly action: string;
	readonly subject: { readonly kind: string; readonly id?: string };
	/**
	 * `begun`: noted before it was done, which may have failed; `failed`: it went wrong, perhaps after some of it was done;
	 * `refused`: a sign-in with a wrong password.
	 */
	readonly outcome: (typeof OUTCOMES)[number];
	/** What the log has the request under. */
	readonly requestId: string;
	/** Where it came from: of IPv4 the first three bytes, of IPv6 the first six. */
	readonly network?: string;
}

export interface AuditRecord extends Omit<AuditEntry, "at"> {
	/** `<topic>/<app>/<YYYY-MM-DD>`: a day's lie together, so that writers of years don't meet in one place. */
	day: string;
	/** `<ISO 8601>/<id>`. */
	place: string;
	/** `<topic>/<app>/<the actor's id>`. */
	by?: string;
	/** `<topic>/<app>/<the subject's id>`. */
	about?: string;
	/** Epoch seconds. */
	expires: number;
}

/** Only ever added to. */
export const auditEntries = defineCollection<AuditRecord>({
	name: "auditEntries",
	key: { hash: "day", range: { field: "place", type: "string" } },
	indexes: {
		byActor: { hash: "by", range: { field: "place", type: "string" } },
		bySubject: { hash: "about", range: { field: "place", type: "string" } },
	},
	expires: "expires",
});

export const auditCollections = [auditEntries] as const;

export function entryOf({ day, place, by, about, expires, ...shown }: AuditRecord): AuditEntry {
	return { at: place.slice(0, place.indexOf("/")), ...shown };
}
