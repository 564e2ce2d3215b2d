import { type Answerer, type Answerers, defaultAnswerer } from "./floor.js";
import type { Head } from "./records.js";

/** The head of a session that `owner` opens: its app's answerer has the floor, unless people come first. */
export function newHead(
	key: string,
	owner: string,
	{ answerers, peopleFirst }: { readonly answerers: Answerers; readonly peopleFirst?: boolean },
	now: number,
): Head {
	const answerer = peopleFirst ? undefined : defaultAnswerer(answerers);
	return {
		session: key,
		rev: 0,
		seq: 0,
		last: { everyone: 0, staff: 0 },
		timeMs: 0,
		openedAt: now,
		owner,
		participants: answerer ? { [answerer.name]: answererAs(answerer) } : {},
		floor: { holder: answerer?.name, fence: 1 },
		peopleFirst: peopleFirst || undefined,
	};
}

function answererAs({ name, profile }: Answerer): Head["participants"][string] {
	return { role: "answerer", connector: name, ...profile, handled: 0, endpoints: {} };
}
