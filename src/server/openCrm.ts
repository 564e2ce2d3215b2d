import type { Apps } from "../apps/Apps.js";
import type { BlobStore } from "../blobs/BlobStore.js";
import { AdminConnector } from "../connectors/admin/AdminConnector.js";
import { ChatAgentConnector } from "../connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../connectors/chat/ChatCustomerConnector.js";
import type { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import { WidgetConnector } from "../connectors/widget/WidgetConnector.js";
import { oidcTokens } from "../crm/access/oidcTokens.js";
import { Crm } from "../crm/Crm.js";
import { PostOffice } from "../delivery/PostOffice.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { LibsqlStorage } from "../storage/libsql/LibsqlStorage.js";
import type { LocalTransport } from "../transport/local/LocalTransport.js";
import { MESSAGES } from "./openStorage.js";
import type { Settings } from "./settings.js";

export interface CrmParts {
	readonly topic: string;
	/** Whose agents sign in at the OpenID provider. */
	readonly app: string;
	readonly settings: Pick<Settings, "visitorAuth" | "identitySecret" | "oidc" | "retentionDays">;
	readonly monitor: Monitor;
	readonly clock: () => number;
	readonly storage: LibsqlStorage;
	readonly blobs: BlobStore;
	readonly transport: LocalTransport;
	readonly apps: Apps;
	readonly bots: StentorConnector;
	/** Keys the aliases of users. */
	readonly secret: string;
	/** Signs tokens. */
	readonly jwtSecret: string;
}

/** The CRM of this process and its post office, with every kind of participant that the server has. */
export function openCrm(parts: CrmParts): Crm {
	const { app, topic, storage, transport, apps, monitor, clock, blobs, secret, jwtSecret, settings, bots } = parts;
	const { oidc } = settings;
	return new Crm({
		topic,
		storage,
		blobs,
		textIndex: storage.textIndex(MESSAGES),
		apps,
		monitor,
		clock,
		secret: jwtSecret,
		aliasSecret: secret,
		visitorAuth: settings.visitorAuth,
		identitySecretOf: () => settings.identitySecret,
		retentionDays: settings.retentionDays,
		agentTokens: oidc && ((agents) => oidcTokens({ ...oidc, app, agents })),
		office: ({ agents, frontDesk, roster, desk, files }) =>
			new PostOffice({
				topic,
				storage,
				transport,
				apps,
				// Which dialect a client speaks shows by the query: `user` is the chat API's. It has a `token` of its own, so it's first.
				connectors: [
					new ChatAgentConnector(agents, desk),
					new ChatCustomerConnector({ frontDesk, secret }),
					new AdminConnector(agents),
					new WidgetConnector(),
					bots,
				],
				monitor,
				clock,
				secret,
				soleOwner: true,
				roster,
				files,
			}),
	});
}
