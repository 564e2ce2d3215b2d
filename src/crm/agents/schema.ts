import * as z from "zod";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { LIMITS } from "../../protocol/limits.js";
import { AGENT_STATUSES } from "./records.js";

/** RFC 5321 allows no longer one. */
const EMAIL_LENGTH = 254;
const CAPACITY = { most: 100, byDefault: 5 } as const;
const LABELS = { most: 50, length: 50 } as const;

/** What is asked of agents, as schemas. */
export const agentSchemas = atFirstUse(() => {
	/** An e-mail address as it's compared: in lower case. */
	const email = z.string().trim().toLowerCase().max(EMAIL_LENGTH).pipe(z.email());

	const name = z.string().trim().min(1).max(LIMITS.nameLength);
	const avatar = z.url({ protocol: /^https?$/ }).max(LIMITS.avatarLength);
	const capacity = z.int().min(1).max(CAPACITY.most);
	const label = z.string().trim().toLowerCase().min(1).max(LABELS.length);
	/** Skills or departments: compared in lower case, each once. */
	const labels = z
		.array(label)
		.max(LABELS.most)
		.transform((all) => [...new Set(all)]);

	const newAgent = z.strictObject({
		email,
		name,
		avatar: avatar.optional(),
		capacity: capacity.default(CAPACITY.byDefault),
		skills: labels.optional(),
		departments: labels.optional(),
	});

	const agentChange = z
		.strictObject({
			email,
			name,
			avatar: avatar.nullable(),
			capacity,
			skills: labels.nullable(),
			departments: labels.nullable(),
		})
		.partial();

	const statusChange = z.strictObject({ status: z.enum(AGENT_STATUSES) });

	const agentFilter = z.strictObject({
		status: z.enum(AGENT_STATUSES).optional(),
		limit: z.coerce.number().int().min(1).max(100).optional(),
		cursor: z.string().max(2_000).optional(),
	});

	/** Whom a conversation needs. */
	const need = z.strictObject({ skills: labels.optional(), department: label.optional() });

	return { email, newAgent, agentChange, statusChange, agentFilter, need };
});

type Schemas = ReturnType<typeof agentSchemas>;
/** What may be said of an agent who is made. Capacity: 5 by default. */
export type NewAgent = z.input<Schemas["newAgent"]>;
/** What may change; `null` takes a field away. */
export type AgentChange = z.input<Schemas["agentChange"]>;
/** The same, checked. */
export type CheckedAgentChange = z.output<Schemas["agentChange"]>;
/** Whom a conversation needs. */
export type Need = z.output<Schemas["need"]>;
