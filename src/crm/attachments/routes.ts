import type { Actor } from "../access/Actor.js";
import type { Subject } from "../access/authorise.js";
import { belongingOf } from "../conversations/belonging.js";
import type { Conversations } from "../conversations/Conversations.js";
import type { Persons } from "../conversations/Persons.js";
import type { Conversation } from "../conversations/records.js";
import type { Customers } from "../customers/Customers.js";
import { assertActive } from "../customers/Registration.js";
import { one } from "../http/answers.js";
import { route } from "../http/Route.js";
import type { Attachments } from "./Attachments.js";
import { type Attachment, wantedUpload } from "./schema.js";
import { attachment, uploadTicket } from "./shape.js";

export interface AttachmentServices {
	readonly attachments: Attachments;
	readonly conversations: Conversations;
	readonly customers: Customers;
	readonly persons: Persons;
}

/** A file, and the conversation whose message carries it. */
interface Found {
	readonly attachment: Attachment;
	readonly conversation: Conversation;
}

/** How long a file's address opens, in seconds. */
const OPENS_S = 300;

/** The routes of attachments. */
export function attachmentRoutes({ attachments, conversations, customers, persons }: AttachmentServices) {
	return [
		route({
			method: "post",
			path: "/attachments/upload-url",
			action: "attachments.upload",
			operationId: "requestUpload",
			summary: "Get an address to upload a file to",
			description:
				"Then `PUT` the file to `uploadUrl`, with its `Content-Type`, within five minutes; and send a message that carries `attachmentUrl`. The file is looked at before anybody is shown it.",
			body: wantedUpload,
			answer: one(uploadTicket),
			status: 201,
			throws: [
				"conversation_unknown",
				"customer_blocked",
				"file_name_invalid",
				"file_type_forbidden",
				"file_too_large",
			],
			async touches({ app, actor, body: { conversationId } }) {
				const named = conversationId ?? (actor.role === "customer" ? actor.conversationId : undefined);
				return named === undefined ? nowhereYet(actor) : belongingOf(await conversations.get(app, named));
			},
			async handle({ app, actor, body: { conversationId, ...asked } }) {
				if (actor.role === "customer") assertActive(await customers.get(app, actor.customerId));
				const named = conversationId ?? (actor.role === "customer" ? actor.conversationId : undefined);
				const uploader =
					named === undefined
						? persons.uploader(actor)
						: await persons.uploaderIn(actor, await conversations.get(app, named));
				return attachments.requestUpload({ app, uploader }, asked, named);
			},
		}),
		route({
			method: "get",
			path: "/attachments/:id",
			action: "attachments.get",
			operationId: "getAttachment",
			summary: "Get a file of a message, and where it's read",
			description: "`id`: the part of its key, or of its address, after the last slash.",
			answer: one(attachment),
			throws: ["attachment_unknown", "attachment_deleted"],
			unknown: "attachment_unknown",
			record: ({ app, params }) => found(app, params.id),
			touches: ({ record }: { record: Found }) => belongingOf(record.conversation),
			handle: ({ record }) => record.attachment,
		}),
	] as const;

	async function found(app: string, id: string): Promise<Found> {
		const { attachment, conversation } = await attachments.get(app, `${app}/${id}`, OPENS_S);
		return { attachment, conversation: await conversations.get(app, conversation) };
	}
}

/** A file that isn't for any conversation yet is its uploader's own. */
function nowhereYet(actor: Actor): Subject {
	const nowhere = { kind: "conversation", app: actor.app, id: "", customerId: "" } as const;
	if (actor.role === "customer") return { ...nowhere, customerId: actor.customerId };
	return actor.role === "server" ? nowhere : { ...nowhere, assignedAgentId: actor.agentId };
}
