import { partsOf } from "../../delivery/identity.js";
import type { Change, Json, Path, Test } from "../../storage/Storage.js";
import { type ConversationFields, type ConversationRecord, fieldsOf, recordOf } from "./records.js";

/** What a change makes of a conversation; a field that's there and undefined is taken away. */
export interface Changed extends Partial<Omit<ConversationFields, "id" | "appId" | "rev" | "createdAt" | "updatedAt">> {
	readonly place?: string;
	readonly followedSeq?: number;
}

/** The conversation after a change, and the write that makes it: it fails if somebody else changed it meanwhile. */
export function changed(
	before: ConversationRecord,
	{ place, followedSeq, ...fields }: Changed,
	now: number,
): { readonly record: ConversationRecord; readonly write: { readonly change: Change; readonly if: Test[] } } {
	const record = recordOf(
		partsOf(before.conversation).topic,
		{ ...fieldsOf(before), ...fields, rev: before.rev + 1, updatedAt: new Date(now).toISOString() },
		{
			place: place ?? before.place,
			followedSeq: followedSeq ?? before.followedSeq,
		},
	);
	const set: [Path, Json][] = [];
	const remove: Path[] = [];
	for (const field of new Set([...Object.keys(before), ...Object.keys(record)]) as Set<keyof ConversationRecord>) {
		const value = record[field] as Json | undefined;
		if (field === "conversation" || value === before[field]) continue;
		if (value === undefined) remove.push(field);
		else set.push([field, value]);
	}
	const condition = [{ path: "rev", eq: before.rev }];
	return { record, write: { change: { set, remove }, if: condition } };
}
