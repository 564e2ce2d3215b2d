import type { AnsweringConnector, Connector } from "../../src/connectors/Connector.js";
import { ChatAgentConnector, type ChatAgentVerifier } from "../../src/connectors/chat/ChatAgentConnector.js";
import { ChatCustomerConnector } from "../../src/connectors/chat/ChatCustomerConnector.js";
import type { Desk } from "../../src/connectors/Desk.js";
import type { PostOfficePorts } from "../../src/delivery/ports.js";
import { RouterError } from "../../src/protocol/errors.js";
import { textResponse } from "../../src/protocol/stentor.js";
import { OfficeClient } from "../support/OfficeClient.js";
import { AGENT_TOKEN, TestOffice } from "../support/office.js";
import { MemoryFrontDesk } from "./MemoryFrontDesk.js";

/** The agents' tokens of these tests: each ends with its agent's name; that of the test office is the same agent's here. */
const tokens: ChatAgentVerifier = {
	async verify(token) {
		if (token === AGENT_TOKEN) return { subject: "agent-1", name: "Ada" };
		if (!token.startsWith(`${AGENT_TOKEN}-`)) throw new RouterError("agent_token_invalid");
		const name = token.slice(AGENT_TOKEN.length + 1);
		return { subject: token, name, until: name === "until" ? Math.ceil(Date.now() / 1000) + 60 : undefined };
	},
};

/** Repeats what it's told. */
export const echo: AnsweringConnector = {
	name: "echo",
	answers: true,
	answerWithinMs: 1_000,
	profile: () => ({ name: "Echo" }),
	answer: async ({ request }) => ({ messages: [{ response: textResponse(`echo: ${request.rawQuery}`) }] }),
};

interface ChatOfficeOptions extends Partial<PostOfficePorts> {
	readonly answering?: readonly Connector[];
	readonly checking?: () => Promise<void>;
	readonly desk?: Desk;
}

/** A post office that takes both dialects. */
export class ChatOffice extends TestOffice {
	readonly frontDesk: MemoryFrontDesk;

	/** `checking`: waited for before an agent's token is answered for. */
	constructor({ answering = [], checking, desk, ...given }: ChatOfficeOptions = {}) {
		const frontDesk = new MemoryFrontDesk();
		const verify: ChatAgentVerifier["verify"] = async (token) => {
			const identity = await tokens.verify(token);
			await checking?.();
			return identity;
		};
		const chat = [
			new ChatAgentConnector({ verify }, desk),
			new ChatCustomerConnector({ frontDesk, secret: "test-secret" }),
		];
		const { connectors } = new TestOffice().ports;
		super({ connectors: [...chat, ...connectors, ...answering], ...given });
		this.frontDesk = frontDesk;
	}

	/** A customer who has connected, and been greeted. */
	async customer(email = "ada@example.com", more: Record<string, string> = {}): Promise<ChatClient> {
		const client = new ChatClient(this, { user: JSON.stringify({ email, name: "Ada" }), ...more });
		await client.connect();
		return client;
	}

	/** An agent who has connected, and joined a conversation. */
	async chatAgent(name: string, conversationId?: string, token = `${AGENT_TOKEN}-${name}`): Promise<ChatClient> {
		const client = new ChatClient(this, { user: JSON.stringify({ type: "agent" }), token });
		await client.connect();
		if (conversationId) await client.act("join", { conversationId });
		return client;
	}
}

export interface ChatFrame {
	type?: string;
	conversationId?: string;
	customerId?: string;
	token?: string;
	// biome-ignore lint/suspicious/noExplicitAny: frames are looked at by what they're expected to be
	data?: any;
}

/** A client of the chat API. */
export class ChatClient extends OfficeClient<Pick<TestOffice, "office" | "transport">> {
	/** Sends an action, and waits until everything that follows has happened. */
	async act(action: string, data: Record<string, unknown> = {}): Promise<void> {
		const frame = { action, data: { conversationId: this.conversationId, ...data } };
		await this.at.office.receive(this.connection, JSON.stringify(frame));
		await this.at.office.idle();
	}

	say(content: string, more: Record<string, unknown> = {}): Promise<void> {
		return this.act("sendMessage", { content, messageType: "text", ...more });
	}

	/** The conversation that it was greeted with. */
	get conversationId(): string | undefined {
		return this.frames.find(({ customerId }) => customerId)?.conversationId;
	}

	get frames(): ChatFrame[] {
		return this.at.transport.framesOf(this.connection) as ChatFrame[];
	}

	of(type: string): ChatFrame["data"][] {
		return this.frames.filter((frame) => frame.type === type).map(({ data }) => data);
	}

	/** What the person at this client has read. */
	get read(): string[] {
		return this.of("message").map(({ content }) => content);
	}

	/** What it was told has happened. */
	get events(): string[] {
		return this.of("status").map(({ event }) => event);
	}
}
