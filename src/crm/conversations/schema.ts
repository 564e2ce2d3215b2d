import * as z from "zod/mini";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { LIMITS } from "../../protocol/limits.js";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import { agentSchemas } from "../agents/schema.js";
import { customerSchemas } from "../customers/schema.js";
import { ownFields, tagList, text } from "../records/input.js";
import { PRIORITIES } from "../records/priority.js";
import { STATUSES } from "./lifecycle.js";

/** What is asked of conversations, as schemas. */
export const conversationSchemas = atFirstUse(() => {
	const { label, need } = agentSchemas();
	const { knownByEmail } = customerSchemas();
	const id = nonEmpty(LIMITS.idLength);
	const priority = z.enum(PRIORITIES);
	const status = z.enum(STATUSES);
	const subject = text(300);

	const about = {
		subject: z.optional(subject),
		priority: z._default(priority, "low"),
		channel: z._default(
			z.string().check(z.regex(/^[a-z][a-z0-9-]{0,29}$/, { error: "must be a word in small letters" })),
			"web",
		),
		tags: z.optional(tagList()),
		metadata: z.optional(ownFields()),
	};

	/** A conversation to be opened, for a customer who is known, or by e-mail: then they're found or made with it. */
	const newConversation = z.union([
		z.strictObject({ customerId: id, ...about }),
		z.strictObject({ customer: knownByEmail, ...about }),
	]);

	/** The same, as it's asked for over REST: customers need not say who they are. */
	const wantedConversation = z.union([...newConversation.def.options, z.strictObject(about)]);

	/** Who is to have it; `null`: nobody. */
	const assignee = z.strictObject({ agentId: z.nullable(id) });

	/** Who else is to answer: an answerer by its name, or this agent, or one who has the skills, or is of the department. */
	const handOffWish = z.partial(
		z.strictObject({ target: id, agentId: id, skills: need.shape.skills, department: need.shape.department }),
	);

	/** Up to which entry somebody has read; default: all there is. */
	const readUpTo = z.strictObject({ seq: z.optional(z.int().check(z.minimum(0))) });

	/** What's to be changed of a conversation; `null` takes a field away. */
	const conversationChanges = z.partial(
		z.strictObject({
			priority,
			department: z.nullable(label),
			subject: z.nullable(subject),
			tags: z.nullable(tagList()),
			metadata: z.nullable(ownFields()),
		}),
	);

	/** The same, with what it's to be: brought about as closing, reopening and archiving are. */
	const conversationUpdate = z.extend(conversationChanges, { status: z.optional(status) });

	/** How content the customer is. */
	const rating = z.strictObject({
		rating: z.int().check(z.minimum(1), z.maximum(5)),
		comment: z.optional(text(2_000)),
	});

	/** Which conversations are listed; all that are given must hold. */
	const conversationFilter = z.partial(
		z.strictObject({ customerId: id, agentId: id, status, priority, tag: text(50) }),
	);

	return {
		newConversation,
		wantedConversation,
		assignee,
		handOffWish,
		readUpTo,
		conversationChanges,
		conversationUpdate,
		rating,
		conversationFilter,
	};
});

type Schemas = ReturnType<typeof conversationSchemas>;
export type NewConversation = z.input<Schemas["newConversation"]>;
export type ConversationChanges = z.input<Schemas["conversationChanges"]>;
export type ConversationUpdate = z.input<Schemas["conversationUpdate"]>;
export type Rating = z.input<Schemas["rating"]>;
export type ConversationFilter = z.input<Schemas["conversationFilter"]>;
