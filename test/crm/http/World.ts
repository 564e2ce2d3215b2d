import type { Actor, CustomerActor, Scope, StaffActor } from "../../../src/crm/access/Actor.js";
import { SCOPES } from "../../../src/crm/access/Actor.js";
import { attachments } from "../../../src/crm/attachments/records.js";
import { conversationActivity, noActivity } from "../../../src/crm/conversations/activity.js";
import type { Customer } from "../../../src/crm/customers/records.js";
import { newId, sessionKey } from "../../../src/delivery/identity.js";
import { newHead } from "../../../src/delivery/opening.js";
import { entries, feedCursors, sessions } from "../../../src/delivery/records.js";
import { wordCollections } from "../../../src/storage/words/index.js";
import { APP, Office, OTHER_APP, TOPIC } from "./given.js";

const LATER: ReadonlySet<string> = new Set([feedCursors, ...wordCollections].map(({ name }) => name));

/** What somebody has, and somebody else. */
export interface Side {
	readonly customer: Customer;
	/** It's closed in its session, which holds one message. */
	readonly conversationId: string;
	/** Of a file that a message of the conversation carries. */
	readonly attachmentId: string;
	readonly agent: StaffActor & { readonly token: string };
	readonly apiKeyId: string;
}

/** Somebody who asks; without an actor nobody that the app knows. */
export interface Asker {
	readonly name: string;
	readonly actor?: Actor;
	readonly token?: string;
}

/** Two customers with a conversation each, two agents of different departments who have one of them each, an admin. */
export class World {
	private constructor(
		readonly office: Office,
		readonly ada: Side,
		readonly bob: Side,
		private readonly admin: StaffActor & { readonly token: string },
		private readonly elsewhere: string,
	) {}

	static async make(): Promise<World> {
		const office = await Office.open();
		const [ada, bob] = [await side(office, "ada", "sales"), await side(office, "bob", "support")];
		const admin = await staff(office, "admin");
		const elsewhere = await office.agent({ app: OTHER_APP, role: "admin" });
		return new World(office, ada, bob, admin, elsewhere.token);
	}

	/** Everybody there can be; `scope` is the one that an API key needs. */
	async askers(scope: Scope | "none"): Promise<readonly Asker[]> {
		const { ada, bob, admin, elsewhere } = this;
		const enough = scope === "none" ? SCOPES : [scope];
		const others = SCOPES.filter((each) => each !== scope);
		return [
			await this.customer("Ada, a customer", ada),
			await this.customer("Bob, another customer", bob),
			{ name: "Ada's agent", actor: ada.agent, token: ada.agent.token },
			{ name: "Bob's agent, of another department", actor: bob.agent, token: bob.agent.token },
			{ name: "an admin", actor: admin, token: admin.token },
			await this.server("a server with the scope", enough),
			await this.server("a server with every other scope", others),
			{ name: "nobody" },
			{ name: "an admin of another app", token: elsewhere },
			{ name: "somebody with a made-up token", token: "scr.shop.a.b" },
		];
	}

	/** What was ever written, but for how far plugins are, and the words they find: they note that some time after. */
	get written() {
		return this.office.storage.written.filter(({ collection }) => !LATER.has(collection));
	}

	/** For an admin of another app, asking there. */
	get foreigner(): string {
		return this.elsewhere;
	}

	/** Ids and addresses that nobody of another app may learn. */
	get secrets(): readonly string[] {
		return [this.ada, this.bob].flatMap(({ customer, conversationId, attachmentId, agent, apiKeyId }) => [
			customer.id,
			String(customer.email),
			conversationId,
			attachmentId,
			agent.agentId,
			apiKeyId,
		]);
	}

	private async customer(name: string, { customer, conversationId }: Side): Promise<Asker> {
		const actor: CustomerActor = { role: "customer", app: APP, customerId: customer.id, conversationId };
		return { name, actor, token: await this.office.crm.customerTokens.issue(APP, customer.id, conversationId) };
	}

	private async server(name: string, scopes: readonly Scope[]): Promise<Asker> {
		const { id, key } = await this.office.crm.apiKeys.create(APP, { name, scopes: [...scopes] });
		return { name, actor: { role: "server", app: APP, keyId: id, scopes }, token: key };
	}
}

async function side(office: Office, name: string, department: string): Promise<Side> {
	const { conversations, customers, assignments, apiKeys } = office.crm;
	const email = `${name}@example.com`;
	const { conversation } = await conversations.open(APP, { customer: { email, name } });
	const agent = await staff(office, "agent", department);
	await assignments.assign(APP, conversation.id, agent.agentId, { department });
	const { id, name: agentName, email: address } = { id: agent.agentId, name, email };
	await conversations.assign(APP, conversation.id, { id, name: agentName, email: address });
	const attachmentId = await begun(office, conversation.id);
	return {
		customer: await customers.get(APP, conversation.customerId),
		conversationId: conversation.id,
		attachmentId,
		agent,
		apiKeyId: (await apiKeys.create(APP, { name, scopes: ["agents:read"] })).id,
	};
}

/** Something was said in the conversation, a file was attached, and it was closed: as it's stored, and all settled. */
async function begun(office: Office, conversationId: string): Promise<string> {
	const { storage, clock } = office;
	const session = sessionKey(TOPIC, APP, conversationId);
	const head = newHead(session, "visitor-1", { answerers: new Map() }, clock.now);
	const last = { everyone: 1, staff: 1 };
	await storage.put(sessions, { ...head, rev: 1, seq: 1, last, timeMs: clock.now, closed: true });
	// Counted already: whoever follows the log has nothing to write.
	const activity = { conversation: session, rev: 1, ...noActivity() };
	await storage.put(conversationActivity, {
		...activity,
		counted: 1,
		messages: { customer: 1, agent: 0, bot: 0 },
		firstMessageAt: clock.now,
		lastMessageAt: clock.now,
	});
	await storage.put(entries, {
		session,
		seq: 1,
		prev: { everyone: 0, staff: 0 },
		messageId: "m1",
		timeMs: clock.now,
		from: { id: "visitor-1", role: "visitor" },
		audience: "everyone",
		content: { type: "message", text: "Hello" },
	});
	const attachmentId = newId();
	await storage.put(attachments, {
		attachment: sessionKey(TOPIC, APP, attachmentId),
		state: "ready",
		uploader: "visitor x",
		conversation: session,
		name: "a.png",
		contentType: "image/png",
		size: 7,
		createdAt: clock.now,
	});
	return attachmentId;
}

/** Somebody of the staff who is there, and whose activity has been noted, so that a request needn't. */
async function staff(office: Office, role: "agent" | "admin", department?: string) {
	const departments = department === undefined ? [] : [department];
	const { id, token } = await office.agent({ role, departments });
	await office.crm.availability.choose(APP, id, "online");
	await office.crm.availability.active(APP, id);
	return { role, app: APP, agentId: id, departments, token } as const;
}
