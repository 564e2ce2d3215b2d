import * as z from "zod";
import { LIMITS } from "../../protocol/limits.js";
import { AGENT_STATUSES } from "./records.js";

/** RFC 5321 allows no longer one. */
const EMAIL_LENGTH = 254;
const CAPACITY = { most: 100, byDefault: 5 } as const;
const LABELS = { most: 50, length: 50 } as const;

/** An e-mail address as it's compared: in lower case. */
export const email = z.string().trim().toLowerCase().max(EMAIL_LENGTH).pipe(z.email());

const name = z.string().trim().min(1).max(LIMITS.nameLength);
const avatar = z.url({ protocol: /^https?$/ }).max(LIMITS.avatarLength);
const capacity = z.int().min(1).max(CAPACITY.most);
const label = z.string().trim().toLowerCase().min(1).max(LABELS.length);
/** Skills or departments: compared in lower case, each once. */
const labels = z
	.array(label)
	.max(LABELS.most)
	.transform((all) => [...new Set(all)]);

export const newAgent = z.strictObject({
	email,
	name,
	avatar: avatar.optional(),
	capacity: capacity.default(CAPACITY.byDefault),
	skills: labels.optional(),
	departments: labels.optional(),
});
/** What may be said of an agent who is made. Capacity: 5 by default. */
export type NewAgent = z.input<typeof newAgent>;

export const agentChange = z
	.strictObject({
		email,
		name,
		avatar: avatar.nullable(),
		capacity,
		skills: labels.nullable(),
		departments: labels.nullable(),
	})
	.partial();
/** What may change; `null` takes a field away. */
export type AgentChange = z.input<typeof agentChange>;

export const statusChange = z.strictObject({ status: z.enum(AGENT_STATUSES) });

export const agentFilter = z.strictObject({
	status: z.enum(AGENT_STATUSES).optional(),
	limit: z.coerce.number().int().min(1).max(100).optional(),
	cursor: z.string().max(2_000).optional(),
});

/** Whom a conversation needs. */
export const need = z.strictObject({ skills: labels.optional(), department: label.optional() });
export type Need = z.output<typeof need>;
