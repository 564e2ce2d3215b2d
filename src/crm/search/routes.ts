import * as z from "zod/mini";
import { nonEmpty } from "../../protocol/nonEmpty.js";
import type { Actor } from "../access/Actor.js";
import { may } from "../access/authorise.js";
import { belongingOf } from "../conversations/belonging.js";
import { many } from "../http/answers.js";
import { listQuery } from "../http/listQuery.js";
import { route } from "../http/Route.js";
import type { Hit, Looking, Search } from "./Search.js";
import { hit } from "./shape.js";

export interface SearchServices {
	readonly search: Search;
}

const ACTION = "messages.search";

/** The routes of search. */
export function searchRoutes({ search }: SearchServices) {
	return [
		route({
			method: "get",
			path: "/messages/search",
			action: ACTION,
			operationId: "searchMessages",
			summary: "Find messages by their words",
			description:
				'All words must be in a message; "quoted" ones in this order; the last one may be begun only, if it has three letters. Capitals and accents make no difference. The best of the newest come first. What was just said can be found a moment later.',
			query: listQuery({
				q: nonEmpty(200),
				conversationId: z.optional(nonEmpty(200)),
			}),
			answer: many(hit),
			touches: { each: ({ conversation }: Hit) => belongingOf(conversation) },
			handle: ({ app, actor, query: { q, conversationId, ...part } }) =>
				search.search(app, q, { ...lookingOf(actor), ...(conversationId !== undefined && { conversationId }) }, part),
		}),
	] as const;
}

function lookingOf(actor: Actor): Looking {
	const maySee: Looking["maySee"] = (conversation) => may(actor, ACTION, belongingOf(conversation));
	if (actor.role !== "customer") return { reader: "staff", maySee };
	const { customerId, conversationId } = actor;
	return { reader: "customer", customerId, conversationId, maySee };
}
