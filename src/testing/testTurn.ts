import { randomUUID } from "node:crypto";
import type { Turn } from "../connectors/Connector.js";
import { requestText, type StentorRequest, textRequest } from "../protocol/stentor.js";

/** What a connector told the people in the session while it prepared an answer, in order. */
export type Told =
	| { readonly typing: boolean }
	| { readonly tries: number; readonly delayMs: number; readonly error: string };

export interface TestTurn extends Turn {
	readonly told: readonly Told[];
}

/** A turn as the post office would give it to a connector: a visitor of a new session said `text`, or made `request`. */
export function testTurn(given: Partial<Turn> & Pick<Turn, "app"> & { readonly text?: string }): TestTurn {
	const { text = "Hello", ...overrides } = given;
	const request: StentorRequest = overrides.request ?? textRequest(text);
	const sessionId = overrides.sessionId ?? `stentor-widget-session-${randomUUID()}`;
	const told: Told[] = [];
	return {
		sessionId,
		userId: randomUUID(),
		requestId: randomUUID(),
		request,
		entry: {
			session: `test/${given.app.id}/${sessionId}`,
			seq: 2,
			prev: { everyone: 1, staff: 1 },
			messageId: randomUUID(),
			timeMs: Date.now(),
			from: { id: "visitor", role: "visitor" },
			audience: "everyone",
			content: { type: "message", text: requestText(request), request },
		},
		signal: new AbortController().signal,
		async typing(on) {
			told.push({ typing: on });
		},
		async retrying(tries, delayMs, error) {
			told.push({ tries, delayMs, error });
		},
		...overrides,
		told,
	};
}
