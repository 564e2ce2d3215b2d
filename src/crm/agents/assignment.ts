import { PRIORITIES, type Priority } from "../records/priority.js";
import type { Need } from "./schema.js";

/** Where a conversation stands in its app's queue: the most urgent first, of those the oldest. `askedAt`: epoch ms. */
export function queuePlace(priority: Priority, askedAt: number, conversationId: string): string {
	const rank = PRIORITIES.length - 1 - PRIORITIES.indexOf(priority);
	return `${rank}/${String(askedAt).padStart(15, "0")}/${conversationId}`;
}

/** Whether somebody has every skill that's needed and works for the department; who names none works for all. */
export function fits(
	{ skills = [], departments = [] }: { readonly skills?: readonly string[]; readonly departments?: readonly string[] },
	{ skills: needed = [], department }: Need,
): boolean {
	if (!needed.every((skill) => skills.includes(skill))) return false;
	return department === undefined || departments.length === 0 || departments.includes(department);
}
