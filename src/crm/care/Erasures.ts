import { RouterError } from "../../protocol/errors.js";
import type { Customers } from "../customers/Customers.js";
import { customerKey, customers } from "../customers/records.js";
import type { Job, Jobs, Outcome } from "../jobs/Jobs.js";
import { ConversationEraser, type ConversationEraserPorts } from "./ConversationEraser.js";
import { CustomerEraser, type CustomerEraserPorts } from "./CustomerEraser.js";

export interface ErasurePorts
	extends Omit<ConversationEraserPorts, "office" | "attachments">,
		Omit<CustomerEraserPorts, "customers" | "conversation" | "attachments"> {
	readonly jobs: Jobs;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	readonly office: ConversationEraserPorts["office"];
	readonly customers: Pick<Customers, "update">;
	readonly attachments?: NonNullable<ConversationEraserPorts["attachments"]> &
		NonNullable<CustomerEraserPorts["attachments"]>;
	/** Has what was deleted and replaced in the storage go from its files, too. Default: that's the storage's affair. */
	readonly scrub?: () => Promise<void>;
}

const CUSTOMER = "erase-customer";
const CONVERSATION = "erase-conversation";
const AGAIN = "erase-again";
const SCRUB = "scrub";

/**
 * What another process has read from the feed may be up to a day old (DynamoDB's streams keep as much), and be written by
 * it after the erasing: after this time, in milliseconds, it's erased once more.
 */
const AGAIN_AFTER_MS = 25 * 3_600_000;

export type ErasureState = "running" | "done";

/** Erases customers and conversations, in jobs that go on after a crash. */
export class Erasures {
	readonly jobs: Jobs;
	private readonly conversationEraser: ConversationEraser;
	private readonly customerEraser: CustomerEraser;

	constructor(private readonly ports: ErasurePorts) {
		const { jobs } = ports;
		this.jobs = jobs;
		jobs.add(CUSTOMER, (job) => this.eraseCustomer(job));
		jobs.add(CONVERSATION, (job) => this.eraseConversation(job));
		jobs.add(AGAIN, (job) => this.eraseAgain(job));
		jobs.add(SCRUB, () => this.scrub());
		this.conversationEraser = new ConversationEraser(ports);
		this.customerEraser = new CustomerEraser({
			...ports,
			conversation: (app, id) => this.conversation(app, id),
		});
	}

	/**
	 * Erases a customer with all that there is of them. What takes longer than some seconds is left to the upkeep: then it's
	 * `running`. Throws `customer_unknown`.
	 */
	async customer(app: string, id: string): Promise<ErasureState> {
		const [record, job] = await Promise.all([
			this.ports.storage.get(customers, [customerKey(this.ports.topic, app, id)]),
			this.jobs.find(app, CUSTOMER, id),
		]);
		if (!record && !job) throw new RouterError("customer_unknown");
		return (await this.jobs.start(app, CUSTOMER, id)) ? "done" : "running";
	}

	/** Erases what was said in a conversation, and the conversation; answers whether it's done. What isn't there is fine. */
	conversation(app: string, id: string): Promise<boolean> {
		return this.jobs.start(app, CONVERSATION, id);
	}

	private async eraseCustomer({ app, subject, isOver }: Job): Promise<Outcome> {
		if (!(await this.customerEraser.erase(app, subject, isOver))) return {};
		return this.scrub();
	}

	private async eraseConversation({ app, subject }: Job): Promise<Outcome> {
		const seq = await this.conversationEraser.erase(app, subject);
		const now = this.ports.clock();
		await this.jobs.schedule(app, SCRUB, "storage", { at: now });
		const at = now + AGAIN_AFTER_MS;
		if (seq !== undefined) await this.jobs.schedule(app, AGAIN, subject, { at, data: { seq } });
		return "done";
	}

	/** Its customer's erasing does it once for all; of others the upkeep does it soon, once for many. */
	private async scrub(): Promise<Outcome> {
		await this.ports.scrub?.();
		return "done";
	}

	private async eraseAgain({ app, subject, data }: Job): Promise<Outcome> {
		await this.ports.office.erase(app, subject, Number(data.seq));
		return "done";
	}
}
