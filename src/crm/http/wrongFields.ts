import type * as z from "zod/mini";
import { $ZodError, type $ZodIssue } from "zod/v4/core";
import { RouterError } from "../../protocol/errors.js";
import { safeParse } from "../../protocol/safeParse.js";

/** The parts of a request. */
export const PLACES = ["body", "query", "path", "header"] as const;

/** A field of a request that's wrong. It says which, and why; never what was in it. */
export interface Wrong {
	readonly in: (typeof PLACES)[number];
	/** With dots between its parts; empty: the whole. */
	readonly field: string;
	readonly message: string;
}

/** Input that isn't as a route takes it. */
export class InvalidRequest extends RouterError {
	override readonly name = "InvalidRequest";

	constructor(readonly wrong: readonly Wrong[]) {
		const said = wrong.map(({ in: place, field, message }) => `${field || place}: ${message}`);
		super("invalid_input", `${said.join("; ")}.`);
	}
}

/** What a part of a request must be. Throws `InvalidRequest`. */
export function checked<S extends z.ZodMiniType>(place: Wrong["in"], schema: S, given: unknown): z.output<S> {
	const parsed = safeParse(schema, given);
	if (parsed.success) return parsed.data;
	throw new InvalidRequest(fieldsOf(place, parsed.error));
}

/** The fields that an error is about; undefined for others, such as a token's: what is wrong in it is no field of the body. */
export function wrongIn(thrown: unknown): readonly Wrong[] | undefined {
	if (thrown instanceof InvalidRequest) return thrown.wrong;
	if (!(thrown instanceof RouterError) || thrown.code !== "invalid_input") return undefined;
	return thrown.cause instanceof $ZodError ? fieldsOf("body", thrown.cause) : undefined;
}

function fieldsOf(place: Wrong["in"], { issues }: $ZodError): readonly Wrong[] {
	return issues.flatMap((issue) => told(place, issue, []));
}

function told(place: Wrong["in"], issue: $ZodIssue, above: readonly PropertyKey[]): readonly Wrong[] {
	const path = [...above, ...issue.path];
	const field = (...last: readonly PropertyKey[]) => [...path, ...last].map(String).join(".");
	if (issue.code === "unrecognized_keys") {
		return issue.keys.map((key) => ({ in: place, field: field(key), message: "isn't known here" }));
	}
	if (issue.code === "invalid_union" && issue.errors.length > 0) {
		// Of the forms that it may have, the one that it's nearest to.
		const [nearest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
		return nearest.flatMap((each) => told(place, each, path));
	}
	return [{ in: place, field: field(), message: issue.message }];
}
