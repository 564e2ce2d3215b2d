import { describe, expect, test } from "@jest/globals";
import { HttpBot, json } from "../support/httpBot.js";
import { afterwards, givenServer, WireClient } from "./given.js";

const launch = {
	event: "new message",
	data: { type: "LAUNCH_REQUEST", isNewSession: true, attributes: { isGreeting: true } },
};

describe("who answers", () => {
	test("is the demo bot when no other is named: it greets and answers", async () => {
		const { wsUrl, log } = await givenServer();
		const visitor = await WireClient.visitor(wsUrl, "session-1");
		visitor.send(launch);
		await visitor.until(() => visitor.read.some((text) => text.includes("welcome to Birch & Bean")));
		visitor.say("What are your prices?");
		await visitor.until(() => visitor.of("new message").some(({ data }) => Array.isArray(data?.displays)));
		expect(log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
	});

	test("is the bot at BOT_URL, asked with BOT_KEY", async () => {
		const bot = await HttpBot.start(json({ outputSpeech: { displayText: "Hello from far away" } }));
		afterwards(() => bot.close());
		const { wsUrl, url } = await givenServer({ BOT_URL: `${bot.origin}/shop`, BOT_KEY: "k3y", BOT_NAME: "Far" });
		const visitor = await WireClient.visitor(wsUrl, "session-1");
		visitor.say("Hi");
		await visitor.until(() => visitor.read.includes("Hello from far away"));
		expect(bot.received[0]).toMatchObject({ url: "/shop", headers: { authorization: "Bearer k3y" } });
		expect(bot.requests[0]).toMatchObject({ rawQuery: "Hi", sessionId: "session-1" });
		expect((await fetch(`${url}/demo-bot`, { method: "POST", body: "{}" })).status).toBe(404);
	});
});

test("Logs tell a frame's way by one trace, and hold neither words nor tokens nor ids that are secrets", async () => {
	const { wsUrl, log } = await givenServer();
	const visitor = await WireClient.visitor(wsUrl, "stentor-widget-session-s3cret", "user-s3cret");
	visitor.say("A s3cret word");
	await visitor.until(() => visitor.read.length > 0);
	const trace = log.find(({ event }) => event === "appended")?.trace;
	expect(trace).toEqual(expect.any(String));
	expect(log.filter((line) => line.trace === trace).map(({ event }) => event)).toEqual(
		expect.arrayContaining(["appended", "answered", "pushed"]),
	);
	expect(JSON.stringify(log)).not.toContain("s3cret");
});
