import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Channel, Context, Handler, Request, Storage } from "stentor";

// CommonJS, with the AWS SDK 2 in it.
const require = createRequire(import.meta.url);

/** What the bot knows. An intent's words make its NLU choose it. */
const INTENTS: readonly {
	readonly id: string;
	readonly words?: RegExp;
	readonly says: string;
	readonly chips?: string[];
}[] = [
	{ id: "LaunchRequest", says: "Welcome to the real Stentor bot.", chips: ["Opening hours", "A person, please"] },
	{ id: "HoursIntent", words: /hours|open/i, says: "We open at eight." },
	{ id: "HandOffIntent", words: /person|human|agent/i, says: "I'll get somebody." },
	{ id: "TransferIntent", words: /call me/i, says: "I'll put you through." },
	{ id: "BrokenIntent", words: /break/i, says: "" },
	{ id: "OptionSelect", says: "A good choice." },
	{ id: "InputUnknown", says: "I don't know that." },
];

export interface StentorBot {
	readonly url: string;
	/** The bodies of the requests that it got. */
	readonly requests: Record<string, unknown>[];
	close(): Promise<void>;
}

/**
 * A real bot, as its authors build one: `stentor` behind express. It has no key to check: that's for what stands before
 * such a bot. "person" hands off to `genesys`, "call me" transfers to a number, "break" throws in its handler,
 * "unplug" in its NLU, which its server answers as `200 text/html` with "Error: …".
 * The console is mute until it's closed.
 */
export async function startStentorBot(): Promise<StentorBot> {
	const speakAgain = muteConsole();
	const { Assistant, ConversationHandler } = require("stentor") as typeof import("stentor");
	const express = require("express") as typeof import("express");
	const requests: Record<string, unknown>[] = [];
	const users = new Map<string, Storage>();

	class ShopHandler extends ConversationHandler {
		override async handleRequest(request: Request, context: Context): Promise<void> {
			if (this.intentId === "BrokenIntent") throw new Error("broken on purpose");
			await super.handleRequest(request, context);
			if (this.intentId === "HandOffIntent") context.response.askForHandoff("genesys");
		}
	}

	const channel: Channel = {
		name: "stentor-platform",
		test: () => true,
		request: { translate: (body: object) => body as Request },
		response: { translate: ({ response }) => response },
		capabilities: () => ({ channel: "widget", audioSupported: false, canPlayAudio: false, hasScreen: true }) as never,
		nlu: {
			async query(words: string) {
				if (/unplug/i.test(words)) throw new Error("the NLU is unplugged");
				const intent = INTENTS.find((each) => each.words?.test(words));
				return intent
					? { type: "INTENT_REQUEST", intentId: intent.id }
					: { type: "INPUT_UNKNOWN_REQUEST", intentId: "InputUnknown" };
			},
		},
	};

	const app = express();
	app.use(express.json());
	app.use((request: { body: Record<string, unknown> }, _: unknown, next: () => void) => {
		requests.push(request.body);
		next();
	});
	new Assistant()
		.withChannels([channel])
		.withHandlers([ShopHandler] as never)
		.withHandlerService({ get: async (id) => handlerOf(typeof id === "string" ? id : id.intentId) as Handler })
		.withUserStorage({
			get: async (id) => users.get(id),
			create: async (id, storage) => users.set(id, storage).get(id) ?? storage,
			update: async (id, storage) => users.set(id, storage).get(id) ?? storage,
		})
		.express(app as never, "/bot");

	const server: Server = app.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bot`,
		requests,
		async close() {
			server.close();
			server.closeAllConnections();
			await once(server, "close");
			speakAgain();
		},
	};
}

/** Stentor says much at every request. */
function muteConsole(): () => void {
	const { log, error, time, timeEnd } = console;
	Object.assign(console, { log() {}, error() {}, time() {}, timeEnd() {} });
	return () => void Object.assign(console, { log, error, time, timeEnd });
}

function handlerOf(id: string): object | undefined {
	const intent = INTENTS.find((each) => each.id === id);
	if (!intent) return undefined;
	const outputSpeech = { displayText: intent.says, ssml: intent.says, suggestions: intent.chips };
	const transfer = { system: "TRANSFER_CALL", data: { transferPhoneNumber: "+15550100" } };
	return {
		type: "ShopHandler",
		appId: "shop",
		organizationId: "org",
		intentId: id,
		content: { [id]: [{ outputSpeech, ...(id === "TransferIntent" && transfer) }] },
	};
}
