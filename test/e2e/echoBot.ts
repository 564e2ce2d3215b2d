import { HttpBot, json, type Step } from "../support/httpBot.js";

export const says = (displayText: string): Step => json({ outputSpeech: { displayText } });

/** A bot that greets with "Welcome!", and answers whatever it hears by "I heard: …". */
export async function startEchoBot(): Promise<HttpBot> {
	const bot: HttpBot = await HttpBot.start((response, request) => {
		const { type, rawQuery } = bot.requests.at(-1) ?? {};
		says(type === "LAUNCH_REQUEST" ? "Welcome!" : `I heard: ${rawQuery}`)(response, request);
	});
	return bot;
}
