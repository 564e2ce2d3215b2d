import * as z from "zod/mini";
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
	const email = z.pipe(z.string().check(z.trim(), z.toLowerCase(), z.maxLength(EMAIL_LENGTH)), z.email());

	const name = z.string().check(z.trim(), z.minLength(1), z.maxLength(LIMITS.nameLength));
	const avatar = z.url({ protocol: /^https?$/ }).check(z.maxLength(LIMITS.avatarLength));
	const capacity = z.int().check(z.minimum(1), z.maximum(CAPACITY.most));
	const label = z.string().check(z.trim(), z.toLowerCase(), z.minLength(1), z.maxLength(LABELS.length));
	/** Skills or departments: compared in lower case, each once. */
	const labels = z.pipe(
		z.array(label).check(z.maxLength(LABELS.most)),
		z.transform((all) => [...new Set(all)]),
	);

	const newAgent = z.strictObject({
		email,
		name,
		avatar: z.optional(avatar),
		capacity: z._default(capacity, CAPACITY.byDefault),
		skills: z.optional(labels),
		departments: z.optional(labels),
	});

	const agentChange = z.partial(
		z.strictObject({
			email,
			name,
			avatar: z.nullable(avatar),
			capacity,
			skills: z.nullable(labels),
			departments: z.nullable(labels),
		}),
	);

	const statusChange = z.strictObject({ status: z.enum(AGENT_STATUSES) });

	const agentFilter = z.strictObject({
		status: z.optional(z.enum(AGENT_STATUSES)),
		limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(100))),
		cursor: z.optional(z.string().check(z.maxLength(2_000))),
	});

	/** Whom a conversation needs. */
	const need = z.strictObject({ skills: z.optional(labels), department: z.optional(label) });

	return { email, label, newAgent, agentChange, statusChange, agentFilter, need };
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
