import type { ApiRoute } from "../../../src/crm/Api.js";
import type { Subject } from "../../../src/crm/access/authorise.js";
import type { Conversation } from "../../../src/crm/conversations/records.js";
import type { Hit } from "../../../src/crm/search/Search.js";
import { APP, PASSWORD } from "./given.js";
import type { Side, World } from "./World.js";

/** `get /customers/:id` and so on: all there are, or this file doesn't compile. */
export type RouteName = ApiRoute extends infer R
	? R extends { readonly method: infer M extends string; readonly path: infer P extends string }
		? `${M} ${P}`
		: never
	: never;

/** How a route is asked for a record of somebody's, rightly: who may gets it. */
export interface RouteCase {
	readonly params?: (side: Side) => Readonly<Record<string, string>>;
	readonly query?: (side: Side) => Readonly<Record<string, string>>;
	readonly body?: (side: Side, world: World) => unknown;
	/** What it touches, told apart from the route. Default: the app. Of a list: undefined, `listed` tells each. */
	readonly subject?: (side: Side) => Subject;
	readonly listed?: (item: never) => Subject;
	/** Of open routes: what everybody is answered. */
	readonly open?: number;
}

const theCustomer: Pick<RouteCase, "params" | "subject"> = {
	params: ({ customer }) => ({ id: customer.id }),
	subject: ({ customer }) => ({ kind: "customer", app: APP, customerId: customer.id }),
};
const theAgent: Pick<RouteCase, "params" | "subject"> = {
	params: ({ agent }) => ({ id: agent.agentId }),
	subject: ({ agent }) => ({ kind: "agent", app: APP, agentId: agent.agentId }),
};

const subjectOf = ({ customer, conversationId, agent }: Side): Subject => ({
	kind: "conversation",
	app: APP,
	id: conversationId,
	customerId: customer.id,
	assignedAgentId: agent.agentId,
});
const theConversation: Pick<RouteCase, "params" | "subject"> = {
	params: ({ conversationId }) => ({ id: conversationId }),
	subject: subjectOf,
};

let made = 0;
const address = () => `new${++made}@example.com`;

/** One for each route. */
export const ROUTE_CASES: Readonly<Record<RouteName, RouteCase>> = {
	"post /auth/login": { open: 401, body: () => ({ email: "nobody@example.com", password: PASSWORD }) },
	"post /auth/refresh": { open: 401, body: () => ({ refreshToken: "none" }) },
	"post /auth/logout": { open: 401, body: () => ({ refreshToken: "none" }) },
	"get /problems/:code": { open: 200, params: () => ({ code: "internal" }) },
	"get /me": {},
	"post /connect-ticket": {},

	"post /customers": { body: () => ({ email: address(), name: "New" }) },
	"get /customers": {},
	"get /customers/search": { query: ({ customer }) => ({ email: String(customer.email) }) },
	"get /customers/:id": theCustomer,
	"post /customers/:id/erase": theCustomer,
	"get /customers/:id/export": theCustomer,
	"post /customers/:id/merge": {
		...theCustomer,
		body: (side, { ada, bob }) => ({ from: (side === ada ? bob : ada).customer.id }),
	},
	"put /customers/:id": { ...theCustomer, body: () => ({ phone: "+44 20" }) },

	"post /conversations": {
		body: ({ customer }) => ({ customerId: customer.id }),
		subject: ({ customer }) => ({ kind: "customer", app: APP, customerId: customer.id }),
	},
	"get /conversations": {
		listed: ({ id, customerId, assignedAgentId }: Conversation) => {
			return { kind: "conversation", app: APP, id, customerId, assignedAgentId };
		},
	},
	"get /conversations/:id": theConversation,
	"put /conversations/:id": { ...theConversation, body: () => ({ subject: "Late", status: "closed" }) },
	"put /conversations/:id/assign": { ...theConversation, body: ({ agent }) => ({ agentId: agent.agentId }) },
	"put /conversations/:id/close": theConversation,
	"put /conversations/:id/reopen": theConversation,
	"put /conversations/:id/archive": theConversation,
	"put /conversations/:id/rate": { ...theConversation, body: () => ({ rating: 5 }) },
	"put /conversations/:id/handoff": { ...theConversation, body: () => ({}) },
	"put /conversations/:id/read": { ...theConversation, body: () => ({}) },

	"post /messages": {
		body: ({ conversationId }) => ({ conversationId, content: "Hi" }),
		subject: subjectOf,
	},
	"get /messages": { query: ({ conversationId }) => ({ conversationId }), subject: subjectOf },
	"get /messages/search": {
		query: () => ({ q: "hello" }),
		listed: ({ conversation }: Hit) => ({ kind: "conversation", app: APP, ...conversation }),
	},
	"get /messages/:id": { params: ({ conversationId }) => ({ id: `${conversationId}.1` }), subject: subjectOf },
	"get /messages/:conversationId/stats": { params: ({ conversationId }) => ({ conversationId }), subject: subjectOf },

	"post /attachments/upload-url": {
		body: ({ conversationId }) => ({
			...{ conversationId, fileName: "a.png", contentType: "image/png", fileSize: 7 },
		}),
		subject: subjectOf,
	},
	"get /attachments/:id": { params: ({ attachmentId }) => ({ id: attachmentId }), subject: subjectOf },

	"post /agents": { body: () => ({ email: address(), name: "New" }) },
	"get /agents": {},
	"get /agents/available": {},
	"get /agents/:id": theAgent,
	"put /agents/:id": { ...theAgent, body: () => ({ name: "Renamed" }) },
	"put /agents/:id/status": { ...theAgent, body: () => ({ status: "busy" }) },
	"put /agents/:id/password": { ...theAgent, body: () => ({ password: `${PASSWORD}!`, current: PASSWORD }) },
	"put /agents/:id/role": { ...theAgent, body: () => ({ role: "admin" }) },
	"post /agents/:id/revoke": theAgent,

	"post /api-keys": { body: () => ({ name: "new", scopes: ["agents:read"] }) },
	"get /api-keys": {},
	"get /audit": {},
	"delete /api-keys/:id": { params: ({ apiKeyId }) => ({ id: apiKeyId }) },
};
