import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, expect } from "@jest/globals";
import { StaticApps } from "../../../src/apps/StaticApps.js";
import type { BlobStore } from "../../../src/blobs/BlobStore.js";
import { restClient } from "../../../src/client/index.js";
import { createAgentToken } from "../../../src/connectors/admin/agentToken.js";
import { ChatAgentConnector } from "../../../src/connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../../../src/connectors/chat/ChatCustomerConnector.js";
import type { Scope } from "../../../src/crm/access/Actor.js";
import type { NewAgent } from "../../../src/crm/agents/schema.js";
import { apiOf, type CrmApiPorts } from "../../../src/crm/apiOf.js";
import { Crm } from "../../../src/crm/Crm.js";
import { crmCollections } from "../../../src/crm/collections.js";
import { deskFeed } from "../../../src/crm/desk/DeskFeed.js";
import { Idempotency } from "../../../src/crm/http/idempotency/Idempotency.js";
import { PostOffice } from "../../../src/delivery/PostOffice.js";
import { collections } from "../../../src/delivery/records.js";
import type { PreparedWrite } from "../../../src/storage/evaluate.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import { WordTextIndex, wordCollections } from "../../../src/storage/words/index.js";
import { openFolderBlobs } from "../../support/blobStores.js";
import { eventually } from "../../support/eventually.js";
import { LoopTransport } from "../../support/LoopTransport.js";
import { Notes, TestClock } from "../../support/office.js";
import { CHEAP, PASSWORD, SECRET } from "../access/given.js";

export { PASSWORD };
export const APP = "shop";
export const OTHER_APP = "other";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A storage that remembers all that was ever written to it. */
export class WatchedStorage extends MemoryStorage {
	readonly written: { readonly collection: string; readonly text: string }[] = [];

	protected override async write(writes: readonly PreparedWrite[]) {
		const updated = await super.write(writes);
		const texts = updated.values();
		for (const { collection, action } of writes) {
			if ("check" in action) continue;
			const text = "put" in action ? action.put.text : "update" in action ? texts.next().value : "";
			this.written.push({ collection: collection.name, text: text ?? "" });
		}
		return updated;
	}
}

export const TOPIC = "t";

interface Blobs {
	readonly store: BlobStore;
	close(): Promise<void>;
}

/** A CRM and its API on a server of their own, on memory; with two apps. */
export class Office {
	private constructor(
		readonly crm: Crm,
		readonly storage: WatchedStorage,
		readonly clock: TestClock,
		readonly notes: Notes,
		readonly url: string,
		readonly transport: LoopTransport,
	) {}

	/** Closed after the test. */
	static async open(
		given: Partial<CrmApiPorts> = {},
		openBlobs: (clock: () => number) => Promise<Blobs> = (clock) => openFolderBlobs({}, clock),
	): Promise<Office> {
		const clock = new TestClock();
		const notes = new Notes();
		const storage = new WatchedStorage({
			collections: [...collections, ...crmCollections, ...wordCollections],
			clock: clock.read,
		});
		const blobs = await openBlobs(clock.read);
		cleanups.push(blobs.close);
		const ports = {
			topic: TOPIC,
			storage,
			blobs: blobs.store,
			textIndex: new WordTextIndex(storage),
			apps: new StaticApps([{ id: APP }, { id: OTHER_APP }], { default: APP }),
			monitor: notes,
			clock: clock.read,
			secret: SECRET,
			aliasSecret: SECRET,
			visitorAuth: "open",
			cost: CHEAP,
		} as const;
		const transport = new LoopTransport();
		const crm = new Crm({
			...ports,
			desk: deskFeed,
			office: ({ agents, frontDesk, roster, files }) =>
				new PostOffice({
					...ports,
					transport,
					files,
					soleOwner: true,
					roster,
					connectors: [new ChatAgentConnector(agents), new ChatCustomerConnector({ frontDesk, secret: SECRET })],
				}),
		});
		cleanups.push(() => crm.close());
		const about = { title: "Chat", version: "1.0.0" };
		const api = apiOf(crm, { ...ports, allowedOrigins: [], about, ...given });
		const listener = getRequestListener(
			(request, { incoming }) => api.fetch(request, { address: incoming.socket.remoteAddress }),
			{ overrideGlobalObjects: false },
		);
		const server = createServer((request, response) => void listener(request, response));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		cleanups.push(() => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(resolve));
		});
		const { port } = server.address() as AddressInfo;
		return new Office(crm, storage, clock, notes, `http://127.0.0.1:${port}`, transport);
	}

	/** What answers requests that come with a key, in another process. */
	idempotency(): Idempotency {
		return new Idempotency({ topic: TOPIC, storage: this.storage, clock: this.clock.read, secret: SECRET });
	}

	/** Waits until the conversation is so. */
	becomes(id: string, expected: object): Promise<void> {
		return eventually(async () => {
			expect(await this.crm.conversations.get(APP, id)).toMatchObject(expected);
		});
	}

	/** The typed client of somebody. */
	client(token?: string) {
		return restClient({ url: this.url, token });
	}

	/** Any request, as it is. */
	ask(method: string, path: string, { token, body, ...headers }: Record<string, string | undefined> = {}) {
		const all = {
			...(body !== undefined && { "Content-Type": "application/json" }),
			...(token !== undefined && { Authorization: `Bearer ${token}` }),
			...headers,
		};
		const given = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
		return fetch(this.url + path, { method, body, headers: given.map(([name, value]) => [name, value]) });
	}

	/** A new agent, and a token of theirs. */
	async agent({
		app = APP,
		role = "agent" as "agent" | "admin",
		...profile
	}: { app?: string; role?: "agent" | "admin" } & Partial<NewAgent> = {}) {
		const email = profile.email ?? `${role}${++made}@example.com`;
		const agent = await this.crm.accounts.create(app, { name: role, ...profile, email }, { role, password: PASSWORD });
		const token = await createAgentToken({ secret: SECRET, subject: agent.id, role, apps: [app], version: 0 });
		return { ...agent, token };
	}

	/** The token of a new agent or admin. */
	async staff(role: "agent" | "admin" = "agent"): Promise<string> {
		return (await this.agent({ role })).token;
	}

	async server(...scopes: Scope[]): Promise<string> {
		return (await this.crm.apiKeys.create(APP, { name: "test", scopes })).key;
	}
}

let made = 0;
