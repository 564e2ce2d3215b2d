import type { Hono } from "hono";
import { type ApiKeyServices, apiKeyRoutes } from "./access/routes/apiKeys.js";
import { type SessionServices, sessionRoutes } from "./access/routes/session.js";
import { signInRoutes } from "./access/routes/signIn.js";
import type { SignIn } from "./access/SignIn.js";
import { type AgentServices, agentRoutes } from "./agents/routes.js";
import { type AttachmentServices, attachmentRoutes } from "./attachments/routes.js";
import type { AuditTrail } from "./audit/AuditTrail.js";
import { auditRoutes } from "./audit/routes.js";
import { type CareServices, careRoutes } from "./care/routes.js";
import { conversationLifeRoutes } from "./conversations/routes/life.js";
import { conversationRecordRoutes } from "./conversations/routes/records.js";
import type { ConversationServices } from "./conversations/routes/services.js";
import type { Customers } from "./customers/Customers.js";
import { customerRoutes } from "./customers/routes.js";
import type { SchemaOf } from "./http/clientTypes.js";
import { problemRoutes } from "./http/routes/problems.js";
import { type MessageServices, messageRoutes } from "./messages/routes.js";
import { type SearchServices, searchRoutes } from "./search/routes.js";

/** What the routes are made of: the services of a `Crm`. */
export interface ApiServices
	extends AgentServices,
		ApiKeyServices,
		SessionServices,
		ConversationServices,
		MessageServices,
		AttachmentServices,
		CareServices,
		SearchServices {
	readonly customers: Customers;
	readonly signIn: SignIn;
	readonly audit: AuditTrail;
}

/** Every route of the API. */
export function apiRoutes(services: ApiServices) {
	return [
		...signInRoutes(services),
		...sessionRoutes(services),
		...customerRoutes(services),
		...careRoutes(services),
		...conversationRecordRoutes(services),
		...conversationLifeRoutes(services),
		...messageRoutes(services),
		...searchRoutes(services),
		...attachmentRoutes(services),
		...agentRoutes(services),
		...apiKeyRoutes(services),
		...auditRoutes(services),
		...problemRoutes(),
	] as const;
}

export type ApiRoute = ReturnType<typeof apiRoutes>[number];

/** The API's type, for Hono's typed client. */
export type Api = Hono<Record<never, never>, SchemaOf<ApiRoute>>;
