import * as z from "zod";
import { LIMITS } from "../../protocol/limits.js";
import { emailAddress, ownFields, tagList, text } from "../records/input.js";

const profile = {
	email: emailAddress,
	name: text(LIMITS.nameLength),
	phone: text(50),
	company: text(200),
	avatar: z.url({ protocol: /^https?$/ }).max(LIMITS.avatarLength),
	customFields: ownFields,
	tags: tagList,
	notes: text(5_000),
};
const status = z.enum(["active", "blocked"]);

/** A customer to be made. */
export const newCustomer = z.strictObject(profile).partial().required({ email: true, name: true });
export type NewCustomer = z.input<typeof newCustomer>;

/** What's to be changed of a customer; `null` takes a field away. */
export const customerChanges = z
	.strictObject({
		email: profile.email,
		name: profile.name,
		phone: profile.phone.nullable(),
		company: profile.company.nullable(),
		avatar: profile.avatar.nullable(),
		customFields: profile.customFields.nullable(),
		tags: profile.tags.nullable(),
		notes: profile.notes.nullable(),
		status,
	})
	.partial();
export type CustomerChanges = z.input<typeof customerChanges>;

/** Whoever connects: the customer with this address, or a new one of this name (default: the address). */
export const knownByEmail = z.strictObject({
	email: emailAddress,
	name: profile.name.optional(),
	phone: profile.phone.optional(),
	company: profile.company.optional(),
	avatar: profile.avatar.optional(),
});
export type KnownByEmail = z.input<typeof knownByEmail>;

/** Which customers are listed; one way at a time, all active ones without any. */
export const customerFilter = z.union([
	z.strictObject({ company: text(200) }),
	z.strictObject({ tag: text(50) }),
	z.strictObject({ status: status.default("active") }),
]);
export type CustomerFilter = z.input<typeof customerFilter>;
