import type { StentorRequest } from "../../protocol/stentor.js";
import type { Turn } from "../Connector.js";

/**
 * The request that a bot gets: what the visitor's client said, with the ids as the bot may know them. The request id is
 * the same at every try. `attributes.transcript` is ours alone: a visitor can't put words into an agent's mouth.
 */
export function botRequest({ request, userId, sessionId, requestId, transcript }: Turn): StentorRequest {
	const { transcript: _, ...attributes } = request.attributes ?? {};
	return {
		...request,
		userId,
		sessionId,
		requestId,
		attributes: transcript ? { ...attributes, transcript } : attributes,
	};
}
