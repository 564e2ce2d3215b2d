import { inspect } from "node:util";
import { expect } from "@jest/globals";
import { StaticApps } from "../../src/apps/StaticApps.js";
import type { BlobStore } from "../../src/blobs/BlobStore.js";
import { ChatCustomerConnector } from "../../src/connectors/chat/ChatCustomerConnector.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { uploaderOf } from "../../src/crm/attachments/messageFiles.js";
import { Crm, type CrmPorts } from "../../src/crm/Crm.js";
import { crmCollections } from "../../src/crm/collections.js";
import { deskFeed } from "../../src/crm/desk/DeskFeed.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { type Monitor, silent } from "../../src/monitoring/Monitor.js";
import { textRequest } from "../../src/protocol/stentor.js";
import type { Storage } from "../../src/storage/Storage.js";
import type { TextIndex } from "../../src/storage/TextIndex.js";
import { wordCollections } from "../../src/storage/words/index.js";
import { Steered, say } from "../delivery/Steered.js";
import { eventually } from "../support/eventually.js";
import { LoopTransport } from "../support/LoopTransport.js";

/** What a storage with its text index is opened with. */
export const COLLECTIONS = [...collections, ...crmCollections, ...wordCollections];

export const APP = "shop";
const TOPIC = "care";
const SECRET = "a secret of 32 bytes, or of more.";
/** Stands in everything of the customer who is erased, and nowhere else. */
export const MARK = "xq7only";

export interface MarkedPorts extends Partial<Pick<CrmPorts, "retentionDays" | "scrub">> {
	readonly storage: Storage;
	readonly textIndex: TextIndex;
	readonly blobs: BlobStore;
	readonly clock: () => number;
	/** Default: silent. */
	readonly monitor?: Monitor;
}

/** A CRM whose bot says again what it's told. */
export function openMarkedCrm({ storage, clock, monitor = silent, ...given }: MarkedPorts): Crm {
	const apps = new StaticApps([{ id: APP, bot: { url: "http://127.0.0.1:1/bot" } }]);
	const bot = new Steered();
	bot.reply = ({ request }) => say(`You said: ${request.rawQuery}`);
	return new Crm({
		...given,
		desk: deskFeed,
		topic: TOPIC,
		storage,
		apps,
		monitor,
		clock,
		secret: SECRET,
		aliasSecret: SECRET,
		visitorAuth: "open",
		office: ({ frontDesk, files }) =>
			new PostOffice({
				topic: TOPIC,
				storage,
				transport: new LoopTransport(),
				apps,
				connectors: [new ChatCustomerConnector({ frontDesk, secret: SECRET }), new WidgetConnector(), bot],
				monitor,
				clock,
				secret: SECRET,
				soleOwner: true,
				files,
			}),
	});
}

/** A customer, and what they and others said, with the mark in every field; answers the customer's id. */
export async function talked(crm: Crm): Promise<{ customerId: string; id: string }> {
	const email = `${MARK}@example.com`;
	const { conversation, customer } = await crm.conversations.open(APP, {
		customer: { email, name: MARK, phone: MARK, company: MARK, avatar: `https://example.com/${MARK}.png` },
		subject: MARK,
		tags: [MARK],
		metadata: { note: MARK },
	});
	const own = { tags: [MARK], notes: MARK, customFields: { field: MARK } };
	await crm.customers.update(APP, customer.id, own);
	const { user } = crm.persons.customer(conversation);
	const bytes = Buffer.from(`${MARK} in a file`);
	for (const isSent of [true, false]) {
		const asked = { fileName: `${MARK}.txt`, contentType: "text/plain", fileSize: bytes.length } as const;
		const ticket = await crm.attachments.requestUpload({ app: APP, uploader: uploaderOf("visitor", user) }, asked);
		const headers = { "Content-Type": "text/plain" };
		expect((await fetch(ticket.uploadUrl, { method: "PUT", headers, body: bytes })).status).toBe(200);
		const request = textRequest(`I am ${MARK}`);
		const attachments = isSent ? [{ url: ticket.attachmentUrl }] : undefined;
		const act = { type: "message", messageId: `id-${MARK}-${isSent}`, request, attachments } as const;
		const customerPerson = { role: "visitor", ...crm.persons.customer(conversation) } as const;
		await crm.handling.act(conversation, customerPerson, act);
	}
	const agent = { role: "agent", user: "agent-1", name: "Ada" } as const;
	await crm.handling.act(conversation, agent, { type: "note", text: `Careful with ${MARK}` });
	await crm.office.idle();
	await eventually(async () => {
		const { messageCount } = await crm.conversations.get(APP, conversation.id);
		expect(messageCount).toBeGreaterThan(2);
	});
	return { customerId: customer.id, id: conversation.id };
}

/** Whether the mark is anywhere in this, as it's held in memory. */
export function isMarked(held: unknown, mark = MARK): boolean {
	const whole = { depth: null, maxArrayLength: null, maxStringLength: null, showHidden: false } as const;
	return inspect(held, whole).toLowerCase().includes(mark);
}
