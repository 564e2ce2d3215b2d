import * as z from "zod";
import { LIMITS } from "../../protocol/limits.js";
import { need } from "../agents/schema.js";
import { knownByEmail } from "../customers/schema.js";
import { ownFields, tagList, text } from "../records/input.js";
import { PRIORITIES } from "../records/priority.js";
import { STATUSES } from "./lifecycle.js";

const id = z.string().min(1).max(LIMITS.idLength);
const priority = z.enum(PRIORITIES);
const status = z.enum(STATUSES);
const subject = text(300);

const about = {
	subject: subject.optional(),
	priority: priority.default("low"),
	channel: z
		.string()
		.regex(/^[a-z][a-z0-9-]{0,29}$/, { error: "must be a word in small letters" })
		.default("web"),
	tags: tagList.optional(),
	metadata: ownFields.optional(),
};

/** A conversation to be opened, for a customer who is known, or by e-mail: then they're found or made with it. */
export const newConversation = z.union([
	z.strictObject({ customerId: id, ...about }),
	z.strictObject({ customer: knownByEmail, ...about }),
]);
export type NewConversation = z.input<typeof newConversation>;

/** The same, as it's asked for over REST: customers need not say who they are. */
export const wantedConversation = z.union([...newConversation.options, z.strictObject(about)]);

/** Who is to have it; `null`: nobody. */
export const assignee = z.strictObject({ agentId: id.nullable() });

/** Who else is to answer: an answerer by its name, or this agent, or one who has the skills, or is of the department. */
export const handOffWish = z
	.strictObject({ target: id, agentId: id, skills: need.shape.skills, department: need.shape.department })
	.partial();

/** Up to which entry somebody has read; default: all there is. */
export const readUpTo = z.strictObject({ seq: z.int().min(0).optional() });

/** What's to be changed of a conversation; `null` takes a field away. */
export const conversationChanges = z
	.strictObject({
		priority,
		department: need.shape.department.unwrap().nullable(),
		subject: subject.nullable(),
		tags: tagList.nullable(),
		metadata: ownFields.nullable(),
	})
	.partial();
export type ConversationChanges = z.input<typeof conversationChanges>;

/** The same, with what it's to be: brought about as closing, reopening and archiving are. */
export const conversationUpdate = conversationChanges.extend({ status: status.optional() });
export type ConversationUpdate = z.input<typeof conversationUpdate>;

/** How content the customer is. */
export const rating = z.strictObject({ rating: z.number().int().min(1).max(5), comment: text(2_000).optional() });
export type Rating = z.input<typeof rating>;

/** Which conversations are listed; all that are given must hold. */
export const conversationFilter = z
	.strictObject({ customerId: id, agentId: id, status, priority, tag: text(50) })
	.partial();
export type ConversationFilter = z.input<typeof conversationFilter>;
