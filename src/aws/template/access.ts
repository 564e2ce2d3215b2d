import { crmCollections } from "../../crm/collections.js";
import { collections, feedCursors } from "../../delivery/records.js";
import { serverKeys } from "../../server/aliasSecret.js";
import { wordCollections } from "../../storage/words/index.js";

/** What one function may do, besides writing its log and its traces. */
export interface Access {
	/** Names of the collections that it reads and writes. */
	readonly tables: readonly string[];
	/** Names of the collections of which it only reads single records. */
	readonly looksInto?: readonly string[];
	/** Posts to connections, and ends them. */
	readonly connections?: true;
	/** Reads, keeps and deletes files. */
	readonly files?: true;
	/** Logical ids of the secrets that it reads. */
	readonly secrets: readonly string[];
	/** Reads the apps' secret, where there's one. */
	readonly apps?: true;
	/** Logical ids of the tables whose streams it reads. */
	readonly streams?: readonly string[];
}

const ONLY_BY_API = ["signIns", "attempts", "apiKeys", "connectTickets", "idempotencyKeys", "auditEntries"];
const ONLY_BY_SOME = [...ONLY_BY_API, "firstAdmins", "jobs", "attachments", "deskChanges"];

/** Sessions, their logs and their connections. The feed's cursors aren't needed: streams are read by Lambda. */
const talk = [...collections, serverKeys].map(({ name }) => name).filter((name) => name !== feedCursors.name);
/** Customers, conversations, agents and who has which conversation. */
const care = crmCollections.map(({ name }) => name).filter((name) => !ONLY_BY_SOME.includes(name));
const words = wordCollections.map(({ name }) => name);

/** By function. */
export const ACCESS = {
	ws: {
		tables: [...talk, ...care, "attachments", "connectTickets", "deskChanges"],
		connections: true,
		files: true,
		secrets: ["SettingsSecret"],
		apps: true,
	},
	authorise: { tables: [], looksInto: ["connectTickets"], secrets: [] },
	greeting: {
		tables: talk,
		connections: true,
		secrets: ["SettingsSecret"],
		apps: true,
		streams: ["ConnectionsTable"],
	},
	worker: {
		tables: [...talk, ...care, ...words, "jobs", "deskChanges"],
		connections: true,
		secrets: ["SettingsSecret"],
		apps: true,
		streams: ["EntriesTable", "ConversationsTable", "ConversationActivityTable"],
	},
	api: {
		tables: [...talk, ...care, ...words, ...ONLY_BY_API, "attachments", "jobs", "deskChanges"],
		connections: true,
		files: true,
		secrets: ["SettingsSecret"],
		apps: true,
	},
	scheduled: {
		tables: [...talk, ...care, ...words, "attachments", "jobs", "firstAdmins"],
		connections: true,
		files: true,
		secrets: ["SettingsSecret", "AdminSecret"],
		apps: true,
	},
	app: { tables: [], secrets: ["SettingsSecret"] },
	html: { tables: [], secrets: [] },
} as const satisfies Readonly<Record<string, Access>>;

export type FunctionName = keyof typeof ACCESS;
