import type { IncomingMessage } from "node:http";
import type { AgentTokenVerifier } from "../../connectors/admin/AdminConnector.js";
import { html, plain, type Reply, seeOther } from "../http/Reply.js";
import { type Asked, type RouteTable, readBody } from "../http/Routes.js";
import { listPage, sessionList, sessionPage, signInPage } from "./agentPages.js";
import type { DemoSessions } from "./DemoSessions.js";

const COOKIE = "stentor_agent";
const REFUSED = "This token is none of this server’s, or it has ended. Get a new one.";

/**
 * The agents' demo: pages for whoever holds an agent's token. The token is kept in a cookie that scripts can't read, so
 * that it is neither in the address bar (the widget tells bots the page's address) nor in the browser's storage.
 */
export class Desk {
	constructor(
		private readonly tokens: AgentTokenVerifier,
		private readonly sessions: DemoSessions,
		private readonly app: string,
	) {}

	readonly routes: RouteTable = {
		"/agent-demo": {
			GET: (request, url) => this.show(request, url),
			POST: (request) => this.signIn(request),
		},
		"/agent-demo/sessions": { GET: (request) => this.list(request) },
	};

	/** The token of the agent who is signed in; whoever uses it verifies it. */
	tokenOf(request: Asked): string | undefined {
		return request.headers.cookie?.match(new RegExp(`(?:^|; *)${COOKIE}=([\\w.-]+)`))?.[1];
	}

	private async show(request: Asked, url: URL): Promise<Reply> {
		const given = url.searchParams.get("token");
		if (given !== null) {
			url.searchParams.delete("token");
			return this.enter(given, `${url.pathname}${url.search}`);
		}
		const token = this.tokenOf(request);
		if (token === undefined) return html(signInPage(), 401);
		if (!(await this.isAgent(token))) return html(signInPage(REFUSED), 401);
		const session = url.searchParams.get("sessionId");
		if (!session) return html(listPage(await this.sessions.newest(this.app), Date.now()));
		if (url.searchParams.get("isAdmin") !== "true") {
			// The widget takes its role from the page's address.
			url.searchParams.set("isAdmin", "true");
			return seeOther(`${url.pathname}${url.search}`);
		}
		return html(sessionPage(this.app, (await this.sessions.get(this.app, session)) ?? { session }));
	}

	private async signIn(request: IncomingMessage): Promise<Reply> {
		const token = new URLSearchParams(await readBody(request)).get("token") ?? "";
		return this.enter(token.trim(), "/agent-demo");
	}

	private async enter(token: string, location: string): Promise<Reply> {
		if (!(await this.isAgent(token))) return html(signInPage(REFUSED), 401);
		return seeOther(location, { "Set-Cookie": `${COOKIE}=${token}; Path=/; HttpOnly; SameSite=Strict` });
	}

	private async list(request: Asked): Promise<Reply> {
		const token = this.tokenOf(request);
		if (token === undefined || !(await this.isAgent(token))) return plain(401, "Sign in first.");
		return html(sessionList(await this.sessions.newest(this.app), Date.now()));
	}

	private async isAgent(token: string): Promise<boolean> {
		try {
			const { apps } = await this.tokens.verify(token);
			return apps === undefined || apps.includes(this.app);
		} catch {
			return false;
		}
	}
}
