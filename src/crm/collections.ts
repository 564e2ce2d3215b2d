import { accessCollections } from "./access/records.js";
import { agentCollections } from "./agents/assignmentRecords.js";
import { attachments } from "./attachments/records.js";
import { auditCollections } from "./audit/records.js";
import { conversationCollections } from "./conversations/collections.js";
import { customerCollections } from "./customers/records.js";
import { deskCollections } from "./desk/shared/records.js";
import { idempotencyKeys } from "./http/idempotency/records.js";
import { jobCollections } from "./jobs/records.js";

/** Every collection of the CRM; a storage is opened with these and the post office's. */
export const crmCollections = [
	...customerCollections,
	...conversationCollections,
	...agentCollections,
	...accessCollections,
	attachments,
	idempotencyKeys,
	...jobCollections,
	...auditCollections,
	...deskCollections,
] as const;
