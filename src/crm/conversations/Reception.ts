import type {
	CustomerArrival,
	FrontDesk,
	ProvedArrival,
	Reception as Received,
	UnknownArrival,
} from "../../connectors/chat/FrontDesk.js";
import { RouterError } from "../../protocol/errors.js";
import type { CustomerTokens } from "../access/CustomerTokens.js";
import { unprovedClaims } from "../access/unprovedClaims.js";
import { identityByJwt } from "../access/verifiedIdentity.js";
import type { Customers } from "../customers/Customers.js";
import type { SiteIdentities } from "../customers/SiteIdentities.js";
import type { Conversations } from "./Conversations.js";
import type { Persons } from "./Persons.js";
import type { Conversation } from "./records.js";

export interface ReceptionPorts {
	readonly conversations: Conversations;
	readonly customers: Pick<Customers, "findByEmail">;
	/** See `Persons.visitorId`. */
	readonly visitorId: Persons["visitorId"];
	readonly customerTokens: CustomerTokens;
	/** Whom sites vouch for. */
	readonly identities: SiteIdentities;
	/** Epoch milliseconds. */
	readonly clock: () => number;
	/**
	 * `strict`: a conversation that's there is gone on with by its token, or by who the site vouches that it's theirs;
	 * `open`: its id and the e-mail will do.
	 */
	readonly visitorAuth: "open" | "strict";
}

/** Who somebody is, proved. */
interface Proof {
	readonly customerId: string;
	/** The only conversation that they may come to. */
	readonly conversationId?: string;
	/** Not only of a conversation: they may open others. */
	readonly isPerson: boolean;
}

/** Receives customers of the chat API: each comes to a conversation of theirs. */
export class Reception implements FrontDesk {
	constructor(private readonly ports: ReceptionPorts) {}

	/** Throws `customer_blocked`, `token_invalid`. */
	async open(arrival: CustomerArrival): Promise<Received> {
		const { conversations, customerTokens } = this.ports;
		const { app, name } = arrival;
		const proof = "proved" in arrival ? provedBy(arrival) : await this.proofOf(arrival);
		const conversationId = arrival.conversationId ?? proof?.conversationId;
		const found = conversationId === undefined ? undefined : await this.find(app, conversationId);
		const isTheirs = found && (proof ? proof.customerId === found.customerId : await this.mayGoOn(found, arrival));
		// One that's somebody else's, or over, isn't told apart from one that never was.
		const id = !found || (isTheirs && found.status !== "archived") ? conversationId : undefined;
		const known = proof?.isPerson ? proof.customerId : isTheirs ? found.customerId : undefined;
		const opened = await conversations.open(
			app,
			known === undefined
				? { customer: { email: "email" in arrival ? arrival.email : "", name } }
				: { customerId: known },
			{ id },
		);
		const { id: opensId, customerId } = opened.conversation;
		return {
			conversationId: opensId,
			customerId,
			knownAs: await this.ports.visitorId(opened.conversation),
			peopleFirst: true,
			token: await customerTokens.issue(app, customerId, opensId),
		};
	}

	/** Whose the token is: of one of our conversations, or of a person whom the site vouches for. */
	private async proofOf({ app, token, conversationId }: UnknownArrival): Promise<Proof | undefined> {
		if (token === undefined) return undefined;
		const { customerTokens, identities, clock } = this.ports;
		const secret = unprovedClaims(token).aud === app ? identities.secretOf(app) : undefined;
		if (secret !== undefined) {
			const identity = await identityByJwt({ secret, app, clock }, token);
			return { customerId: await identities.customerOf(app, identity), isPerson: true };
		}
		const { customerId, conversationId: provedFor } = await customerTokens.verify(app, token);
		if (provedFor !== conversationId) {
			throw new RouterError("token_invalid", "The token is for another conversation.");
		}
		return { customerId, isPerson: false };
	}

	/** An e-mail address proves nothing: with it goes the conversation's id, which only who opened it knows. */
	private async mayGoOn(
		{ appId, customer, customerId, knownAs }: Conversation,
		arrival: CustomerArrival,
	): Promise<boolean> {
		if (!("email" in arrival) || this.ports.visitorAuth !== "open") return false;
		const { email } = arrival;
		if (customer.email?.toLowerCase() === email.toLowerCase()) return true;
		// They began it under another address.
		return knownAs !== undefined && (await this.ports.customers.findByEmail(appId, email))?.id === customerId;
	}

	private async find(app: string, id: string): Promise<Conversation | undefined> {
		try {
			return await this.ports.conversations.get(app, id);
		} catch (error) {
			if (error instanceof RouterError && error.code === "conversation_unknown") return undefined;
			throw error;
		}
	}
}

function provedBy({ proved, conversationId: wanted }: ProvedArrival): Proof {
	const { customerId, conversationId } = proved;
	if (wanted !== undefined && conversationId !== undefined && wanted !== conversationId) {
		throw new RouterError("token_invalid", "The ticket is for another conversation.");
	}
	return { customerId, conversationId, isPerson: true };
}
