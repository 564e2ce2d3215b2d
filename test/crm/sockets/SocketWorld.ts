import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { StaticApps } from "../../../src/apps/StaticApps.js";
import { createAgentToken } from "../../../src/connectors/admin/agentToken.js";
import { StentorConnector } from "../../../src/connectors/stentor/StentorConnector.js";
import type { StaffRole } from "../../../src/crm/access/Accounts.js";
import type { StaffActor } from "../../../src/crm/access/Actor.js";
import type { Crm } from "../../../src/crm/Crm.js";
import { crmCollections } from "../../../src/crm/collections.js";
import { ConversationStore } from "../../../src/crm/conversations/ConversationStore.js";
import { deskFeed } from "../../../src/crm/desk/DeskFeed.js";
import { collections } from "../../../src/delivery/records.js";
import { openCrm } from "../../../src/server/openCrm.js";
import { readSettings } from "../../../src/server/settings.js";
import { Load } from "../../../src/server/sockets/Load.js";
import { SocketDoor } from "../../../src/server/sockets/SocketDoor.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import { WordTextIndex, wordCollections } from "../../../src/storage/words/index.js";
import { LocalTransport } from "../../../src/transport/local/LocalTransport.js";
import { ChatWire } from "../../server/ChatWire.js";
import { afterwards, temporaryFolder } from "../../server/given.js";
import { openFolderBlobs } from "../../support/blobStores.js";
import { eventually } from "../../support/eventually.js";
import { Notes } from "../../support/office.js";

export const APP = "shop";
const OTHER_APP = "other";
const SECRET = "a secret of 32 bytes, or of more.";
const TOPIC = "sockets";

/** A conversation, and the customer whose it is at its socket. */
export interface Talk {
	readonly id: string;
	readonly customerId: string;
	readonly customer: ChatWire;
}

/** The CRM behind real sockets, on a storage in memory that a test can reach into. */
export class SocketWorld {
	private made = 0;

	private constructor(
		readonly crm: Crm,
		readonly storage: MemoryStorage,
		readonly address: string,
		readonly notes: Notes,
	) {}

	/** Closed after the test. */
	static async open(environment: Record<string, string> = {}): Promise<SocketWorld> {
		const settings = readSettings({ DATA_DIR: temporaryFolder(), ...environment });
		const clock = Date.now;
		const storage = new MemoryStorage({ collections: [...collections, ...crmCollections, ...wordCollections], clock });
		const { store: blobs, close: closeBlobs } = await openFolderBlobs({}, clock);
		const transport = new LocalTransport();
		const monitor = new Notes();
		const bots = new StentorConnector({ monitor });
		const crm = openCrm({
			...{ topic: TOPIC, app: APP, settings, monitor, clock, storage, blobs, transport, bots, soleOwner: true },
			textIndex: new WordTextIndex(storage),
			desk: deskFeed,
			apps: new StaticApps([{ id: APP }, { id: OTHER_APP }], { default: APP }),
			secret: SECRET,
			jwtSecret: SECRET,
		});
		const load = new Load();
		const door = new SocketDoor({
			...{ office: crm.office, load, monitor, transport, settings },
			agentToken: () => undefined,
		});
		const http = createServer();
		http.on("upgrade", (request, socket, head) => void door.enter(request, socket, head));
		await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
		afterwards(async () => {
			await door.close();
			await crm.close();
			load.close();
			bots.close();
			await transport.close();
			await closeBlobs();
			http.close();
		});
		const { port } = http.address() as AddressInfo;
		return new SocketWorld(crm, storage, `ws://127.0.0.1:${port}/ws`, monitor);
	}

	/** A conversation in which something has been said, of a customer who was never here before. */
	async talk(to: { readonly department?: string; readonly agentId?: string } = {}): Promise<Talk> {
		const customer = await this.customer(`customer-${++this.made}@example.com`);
		const { conversationId: id, customerId } = await customer.greeting();
		customer.say(id, "Hello");
		await eventually(async () => {
			if ((await this.crm.conversations.get(APP, id)).messageCount !== 1) throw new Error("It isn't followed yet.");
		});
		const { agentId, department } = to;
		const store = new ConversationStore({ storage: this.storage, clock: Date.now, topic: TOPIC });
		await store.change(APP, id, undefined, () => ({ department, assignedAgentId: agentId }));
		return { id, customerId, customer };
	}

	customer(email: string, more: Record<string, string> = {}): Promise<ChatWire> {
		return ChatWire.connect(this.address, { user: JSON.stringify({ email, name: "Ada" }), ...more });
	}

	/** Somebody of the staff; `app`: where they work. */
	async staff(
		role: StaffRole,
		departments: readonly string[] = [],
		app = APP,
	): Promise<StaffActor & { token: string }> {
		const agent = { email: `${role}-${++this.made}@example.com`, name: role, departments: [...departments] };
		const { id } = await this.crm.accounts.create(app, agent, { role });
		const token = await createAgentToken({ secret: SECRET, subject: id, role, apps: [app], version: 0 });
		return { role, app, agentId: id, departments, token };
	}

	desk(token: string): Promise<ChatWire> {
		return ChatWire.connect(this.address, { user: '{"type":"agent"}', token });
	}

	/** How much was said in a session. */
	async said(sessionId: string): Promise<number> {
		return (await this.crm.office.session(APP, sessionId))?.seq ?? 0;
	}
}
