import * as z from "zod/mini";
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
		avatar: z.url({ protocol: /^https?$/ }).check(z.maxLength(LIMITS.avatarLength)),
		customFields: ownFields(),
		tags: tagList(),
		notes: text(5_000),
	};
	const status = z.enum(["active", "blocked"]);

	/** A customer to be made. */
	const newCustomer = z.required(z.partial(z.strictObject(profile)), { email: true, name: true });

	/** What's to be changed of a customer; `null` takes a field away. */
	const customerChanges = z.partial(
		z.strictObject({
			email: profile.email,
			name: profile.name,
			phone: z.nullable(profile.phone),
			company: z.nullable(profile.company),
			avatar: z.nullable(profile.avatar),
			customFields: z.nullable(profile.customFields),
			tags: z.nullable(profile.tags),
			notes: z.nullable(profile.notes),
			status,
		}),
	);

	/** Whoever connects: the customer with this address, or a new one of this name (default: the address). */
	const knownByEmail = z.strictObject({
		email: emailAddress(),
		name: z.optional(profile.name),
		phone: z.optional(profile.phone),
		company: z.optional(profile.company),
		avatar: z.optional(profile.avatar),
	});

	/** Which customers are listed; one way at a time, all active ones without any. */
	const customerFilter = z.union([
		z.strictObject({ company: text(200) }),
		z.strictObject({ tag: text(50) }),
		z.strictObject({ status: z._default(status, "active") }),
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
