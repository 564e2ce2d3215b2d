import type { Apps } from "../apps/Apps.js";
import type { BlobStore } from "../blobs/BlobStore.js";
import { AdminConnector } from "../connectors/admin/AdminConnector.js";
import { ChatAgentConnector } from "../connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../connectors/chat/ChatCustomerConnector.js";
import type { StentorConnector } from "../connectors/stentor/StentorConnector.js";
import { WidgetConnector } from "../connectors/widget/WidgetConnector.js";
import { oidcTokens } from "../crm/access/oidcTokens.js";
import { Crm } from "../crm/Crm.js";
import type { OpenDesk } from "../crm/desk/CrmDesk.js";
import { PostOffice } from "../delivery/PostOffice.js";
import type { PostOfficePorts } from "../delivery/ports.js";
import type { Monitor } from "../monitoring/Monitor.js";
import type { Storage } from "../storage/Storage.js";
import type { TextIndex } from "../storage/TextIndex.js";
import type { Transport } from "../transport/Transport.js";
import type { Settings } from "./settings.js";

/** What the CRM and its post office are opened with. */
export interface CrmParts {
	readonly topic: string;
	/** Whose agents sign in at the OpenID provider. */
	readonly app: string;
	readonly settings: Pick<Settings, "visitorAuth" | "identitySecret" | "oidc" | "retentionDays">;
	readonly monitor: Monitor;
	readonly clock: () => number;
	readonly storage: Storage;
	/** Of what is said. */
	readonly textIndex: TextIndex;
	readonly blobs: BlobStore;
	readonly transport: Transport;
	readonly apps: Apps;
	readonly bots: StentorConnector;
	/** Keys the aliases of users. */
	readonly secret: string;
	/** Signs tokens. */
	readonly jwtSecret: string;
	/** See `PostOfficePorts`. */
	readonly soleOwner: boolean;
	readonly feed?: PostOfficePorts["feed"];
	/** What tells agents of conversations that change. */
	readonly desk: OpenDesk;
	/** See `CrmPorts`. */
	readonly scrub?: () => Promise<void>;
}

/** The CRM of this process and its post office, with every kind of participant that there is. */
export function openCrm(parts: CrmParts): Crm {
	const { app, topic, storage, textIndex, transport, apps, monitor, clock, blobs, secret, jwtSecret } = parts;
	const { settings, bots, soleOwner, feed, scrub } = parts;
	const { oidc } = settings;
	return new Crm({
		topic,
		storage,
		blobs,
		textIndex,
		apps,
		monitor,
		clock,
		secret: jwtSecret,
		aliasSecret: secret,
		visitorAuth: settings.visitorAuth,
		identitySecretOf: () => settings.identitySecret,
		retentionDays: settings.retentionDays,
		scrub,
		desk: parts.desk,
		agentTokens: oidc && ((agents) => oidcTokens({ ...oidc, app, agents })),
		office: ({ agents, frontDesk, tickets, roster, permits, desk, files }) =>
			new PostOffice({
				topic,
				storage,
				transport,
				apps,
				// Which dialect a client speaks shows by the query: `user` is the chat API's. It has a `token` of its own, so it's first.
				connectors: [
					new ChatAgentConnector(agents, desk, tickets),
					new ChatCustomerConnector({ frontDesk, secret, tickets }),
					new AdminConnector(agents, tickets),
					new WidgetConnector(),
					bots,
				],
				monitor,
				clock,
				secret,
				soleOwner,
				feed,
				roster,
				permits,
				files,
			}),
	});
}
