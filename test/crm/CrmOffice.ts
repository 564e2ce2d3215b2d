import { setTimeout as pause } from "node:timers/promises";
import { StaticApps } from "../../src/apps/StaticApps.js";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import type { AnsweringConnector } from "../../src/connectors/Connector.js";
import { ChatAgentConnector } from "../../src/connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../../src/connectors/chat/ChatCustomerConnector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { Crm, type CrmPorts } from "../../src/crm/Crm.js";
import { crmCollections } from "../../src/crm/collections.js";
import { deskFeed } from "../../src/crm/desk/DeskFeed.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { silent } from "../../src/monitoring/Monitor.js";
import { MemoryStorage } from "../../src/storage/memory/MemoryStorage.js";
import type { AnyCollection, Storage } from "../../src/storage/Storage.js";
import type { TextIndex } from "../../src/storage/TextIndex.js";
import { WordTextIndex, wordCollections } from "../../src/storage/words/index.js";
import { ChatClient } from "../connectors/chatOffice.js";
import { openFolderBlobs } from "../support/blobStores.js";
import { LoopTransport } from "../support/LoopTransport.js";

const SECRET = "a secret of 32 bytes, or of more.";
export const APP = "shop";

/** An agent, and the client that they're at. */
export interface AtDesk {
	readonly id: string;
	readonly client: ChatClient;
}

interface CrmOfficeOptions extends Partial<Pick<CrmPorts, "gatherMs" | "monitor" | "apps" | "clock">> {
	/** Default: one in memory. Closed by nobody. */
	readonly openStorage?: (collections: readonly AnyCollection[], clock: () => number) => Promise<Storage>;
	readonly indexOn?: (storage: Storage) => Promise<TextIndex>;
}

async function inMemory(all: readonly AnyCollection[], clock: () => number): Promise<Storage> {
	return new MemoryStorage({ collections: all, clock });
}

/** The whole CRM with its post office. */
export class CrmOffice {
	private constructor(
		readonly crm: Crm,
		readonly textIndex: TextIndex,
		readonly transport: LoopTransport,
		private readonly closeBlobs: () => Promise<void>,
	) {}

	static async open(
		bots: readonly AnsweringConnector[] = [],
		{
			indexOn = async (storage) => new WordTextIndex(storage),
			openStorage = inMemory,
			...given
		}: CrmOfficeOptions = {},
	): Promise<CrmOffice> {
		const { apps = new StaticApps([{ id: APP }]), monitor = silent, clock = Date.now } = given;
		const storage = await openStorage([...collections, ...crmCollections, ...wordCollections], clock);
		const { store: blobs, close } = await openFolderBlobs({}, clock);
		const transport = new LoopTransport();
		const textIndex = await indexOn(storage);
		const crm = new Crm({
			topic: "crm",
			storage,
			desk: deskFeed,
			blobs,
			textIndex,
			apps,
			monitor,
			clock,
			secret: SECRET,
			aliasSecret: SECRET,
			visitorAuth: "open",
			...given,
			office: ({ agents, frontDesk, roster, desk, files }) =>
				new PostOffice({
					topic: "crm",
					storage,
					transport,
					apps,
					connectors: [
						new ChatAgentConnector(agents, desk),
						new ChatCustomerConnector({ frontDesk, secret: SECRET }),
						new WidgetConnector(),
						...bots,
					],
					monitor,
					clock,
					secret: SECRET,
					soleOwner: true,
					roster,
					files,
				}),
		});
		return new CrmOffice(crm, textIndex, transport, close);
	}

	/** What chat clients talk to. */
	get office(): PostOffice {
		return this.crm.office;
	}

	async customer(email = "ada@example.com"): Promise<ChatClient> {
		const client = new ChatClient(this, { user: JSON.stringify({ email, name: "Ada" }) });
		await client.connect();
		return client;
	}

	/** An agent with an account, who is online and connected. */
	async agent(name: string, capacity = 5): Promise<AtDesk> {
		const { id } = await this.crm.accounts.create(APP, { email: `${name}@example.com`, name, capacity });
		await this.crm.availability.choose(APP, id, "online");
		return { id, client: await this.desk(id) };
	}

	/** A client that the agent is at. */
	async desk(subject: string): Promise<ChatClient> {
		const token = await createAgentToken({ secret: SECRET, subject, apps: [APP], version: 0 });
		const client = new ChatClient(this, { user: JSON.stringify({ type: "agent" }), token });
		await client.connect();
		return client;
	}

	async eventually(condition: () => boolean | Promise<boolean>, state: () => unknown = () => ""): Promise<void> {
		const end = Date.now() + 8_000;
		while (!(await condition())) {
			if (Date.now() > end) throw new Error(`It didn't come to that. ${JSON.stringify(state())}`);
			await pause(10);
		}
	}

	async close(): Promise<void> {
		await this.crm.close();
		await this.closeBlobs();
	}
}
