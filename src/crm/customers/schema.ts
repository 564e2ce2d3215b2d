import * as z from "zod";
import { atFirstUse } from "../../protocol/atFirstUse.js";
import { LIMITS } from "../../protocol/limits.js";
import { emailAddress, ownFields, tagList, text } from "../records/input.js";

/** What is asked of customers, as schemas. */
export const customerSchemas = atFirstUse(() => {
	const profile = {
		email: emailAddress(),
		name: text(LIMITS.nameLength),
		phone: text(50),
		company: text(200),
		avatar: z.url({ protocol: /^https?$/ }).max(LIMITS.avatarLength),
		customFields: ownFields(),
		tags: tagList(),
		notes: text(5_000),
	};
	const status = z.enum(["active", "blocked"]);

	/** A customer to be made. */
	const newCustomer = z.strictObject(profile).partial().required({ email: true, name: true });

	/** What's to be changed of a customer; `null` takes a field away. */
	const customerChanges = z
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

	/** Whoever connects: the customer with this address, or a new one of this name (default: the address). */
	const knownByEmail = z.strictObject({
		email: emailAddress(),
		name: profile.name.optional(),
		phone: profile.phone.optional(),
		company: profile.company.optional(),
		avatar: profile.avatar.optional(),
	});

	/** Which customers are listed; one way at a time, all active ones without any. */
	const customerFilter = z.union([
		z.strictObject({ company: text(200) }),
		z.strictObject({ tag: text(50) }),
		z.strictObject({ status: status.default("active") }),
	]);

	return { newCustomer, customerChanges, knownByEmail, customerFilter };
});

type Schemas = ReturnType<typeof customerSchemas>;
/** A customer to be made. */
export type NewCustomer = z.input<Schemas["newCustomer"]>;
/** What's to be changed of a customer; `null` takes a field away. */
export type CustomerChanges = z.input<Schemas["customerChanges"]>;
/** The same, checked. */
export type CheckedCustomerChanges = z.output<Schemas["customerChanges"]>;
/** Whoever connects: the customer with this address, or a new one of this name (default: the address). */
export type KnownByEmail = z.input<Schemas["knownByEmail"]>;
/** Which customers are listed; one way at a time, all active ones without any. */
export type CustomerFilter = z.input<Schemas["customerFilter"]>;
