import { randomUUID } from "node:crypto";
import type { Command } from "../../protocol/Dialect.js";
import { routerDialect } from "../../protocol/router/RouterDialect.js";
import type { Admission, ConnectRequest, SocketConnector } from "../Connector.js";
import { userIdOf } from "../userId.js";

/**
 * Visitors, at the published chat widget or another client of the router dialect. It admits everyone, so it's asked
 * last: by the query's `userId`, or as somebody new where there's none.
 */
export class WidgetConnector implements SocketConnector {
	readonly name = "widget";
	readonly answers = false;
	readonly role = "visitor";
	readonly dialect = routerDialect;
	readonly commands: readonly Command["type"][] = ["join", "leave", "message", "typing", "resume", "receipt", "ping"];

	async admit({ query }: ConnectRequest): Promise<Admission> {
		return { user: query.userId ? userIdOf(query.userId) : randomUUID() };
	}
}
