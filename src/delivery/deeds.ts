import type { App } from "../apps/Apps.js";
import type { Entry } from "../protocol/envelope.js";
import { RouterError } from "../protocol/errors.js";
import type { StentorRequest } from "../protocol/stentor.js";
import { archive, close, rate, reopen } from "./closing.js";
import type { CommandPorts, Of } from "./commands.js";
import { type Answerers, bargeIn, bargeOut, handOff } from "./floor.js";
import { partsOf } from "./identity.js";
import { assertNotBarred, type Speaker } from "./participants.js";
import type { SessionDraft } from "./SessionDraft.js";
import type { ChangeOptions } from "./SessionLog.js";
import { note, speak } from "./speaking.js";
import type { Begun } from "./turn.js";

/** What people do in a session that stays in its log. */
export type Deed = Of<
	"message" | "note" | "bargeIn" | "bargeOut" | "close" | "reopen" | "archive" | "rate" | "handOff"
>;

/** What came with a deed. */
export interface Doing {
	readonly app: App;
	readonly trace: string;
	/** The connection that it came over. */
	readonly origin?: string;
	readonly aheadMs?: number;
	/** The agent's, where it's known: the roster is told if they begin to take part. */
	readonly account?: string;
	/** The agent at the connection is an admin. */
	readonly isAdmin?: boolean;
	/** See `Spoken`. */
	readonly given?: StentorRequest;
	readonly revives: boolean;
}

/** What came of a deed. */
export interface Done {
	/** What it put into the log; none where it changed nothing. */
	readonly entry?: Entry;
	readonly begun?: Begun;
}

/** A deed as a change of its session. */
export interface DeedChange extends Omit<ChangeOptions<Done>, "create"> {
	readonly rule: (draft: SessionDraft, me: Speaker) => Done;
}

const ONLY_LISTENS = "This connection may only listen.";

/** The change that a deed makes of its session. It calls `done` once it's committed, and has asked whoever must answer. */
export function deedChange(
	{ fanout, turns, switchboard, instance, roster, track }: CommandPorts,
	key: string,
	deed: Deed,
	doing: Doing,
	done: (entry: Entry | undefined) => void,
): DeedChange {
	const { app, trace, origin, account, isAdmin = false } = doing;
	const answerers = switchboard.answerers(app);
	return {
		// Whoever else barges in or out changes places.
		grouped: deed.type === "message" ? { messageId: deed.messageId } : undefined,
		origin,
		trace,
		rule(draft, me) {
			assertNotBarred(draft.head, me.participant.role);
			if (me.endpoint?.sends === false) throw new RouterError("session_forbidden", ONLY_LISTENS);
			return perform(draft, me, deed, doing, answerers, instance);
		},
		afterwards(head, { appended, result: { entry, begun } }) {
			done(entry);
			const hasJoined = appended.some(({ content }) => content.type === "joined");
			if (account !== undefined && hasJoined) roster?.tookOver(app.id, partsOf(key).sessionId, account);
			if (account !== undefined && origin !== undefined && appended.length > 0) {
				// Who speaks begins to take part by it.
				const command = hasJoined ? "bargeIn" : deed.type;
				const did = { command, trace };
				if (command !== "message") roster?.did(app.id, partsOf(key).sessionId, { account, isAdmin }, did);
			}
			const asked = { key, app, answerers, trace };
			if (begun && entry) track("turn", turns.run(asked, { begun, entry, targets: fanout.targets(head) }));
			else if (deed.type === "handOff")
				track(
					"hand-off",
					turns.invite(asked).then(() => turns.run(asked)),
				);
		},
	};
}

function perform(
	draft: SessionDraft,
	me: Speaker,
	deed: Deed,
	{ aheadMs, given, revives }: Doing,
	answerers: Answerers,
	instance: string,
): Done {
	const before = draft.appended.length;
	switch (deed.type) {
		case "message": {
			const { messageId, request, attachments, format } = deed;
			return speak(draft, me, {
				messageId,
				request,
				given,
				attachments,
				format,
				aheadMs,
				revives,
				answerers,
				instance,
			});
		}
		case "note":
			return { entry: note(draft, me, deed) };
		case "bargeIn":
			bargeIn(draft, me.participantId, deed.profile);
			break;
		case "bargeOut":
			bargeOut(draft, me.participantId, answerers);
			break;
		case "close":
			close(draft, me, answerers);
			break;
		case "reopen":
			reopen(draft, me);
			break;
		case "archive":
			archive(draft, me);
			break;
		case "rate":
			rate(draft, me, deed);
			break;
		case "handOff":
			handOff(draft, me, deed.target, answerers);
			break;
	}
	return { entry: draft.appended[before] };
}
