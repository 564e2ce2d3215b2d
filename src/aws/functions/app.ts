import { demoBotHandler } from "../../server/demo/demoBot.js";
import { json, plain } from "../../server/http/Reply.js";
import { demoBotKey } from "../demoBotKey.js";
import type { HttpEvent, HttpResult } from "../events.js";
import { bodyOf, headersOf, pathOf, resultOfReply } from "../http.js";
import { readAwsSettings } from "../settings.js";

let opening: Promise<ReturnType<typeof demoBotHandler>> | undefined;

/** What other services post to: so far, only the demo bot. */
export async function handler(event: HttpEvent): Promise<HttpResult> {
	if (pathOf(event) !== "/demo-bot") return resultOfReply(plain(404, "There is nothing here."));
	opening ??= open().catch((error: unknown) => {
		opening = undefined;
		throw error;
	});
	const demoBot = await opening;
	const { status, body } = demoBot(headersOf(event).authorization, bodyOf(event).toString());
	return resultOfReply(json(body, status));
}

async function open() {
	const { jwtSecret } = await readAwsSettings(process.env);
	return demoBotHandler(demoBotKey(jwtSecret));
}
