import { describe, expect, test } from "@jest/globals";
import { handOffOf, responseText, stentorResponse, textRequest } from "../../src/protocol/stentor.js";
import { demoAnswer, demoBotHandler } from "../../src/server/demo/demoBot.js";
import { PRODUCTS, TOPICS } from "../../src/server/demo/demoShop.js";

const ask = (text: string, attributes?: Record<string, unknown>) => demoAnswer({ ...textRequest(text), attributes });
const said = (text: string) => responseText(ask(text));

const agentLine = { from: "agent", text: "Sure, we keep a bag for you.", at: "2026-11-22T10:00:00.000Z" };
const chips = (response: ReturnType<typeof demoAnswer>) =>
	typeof response.outputSpeech === "object" ? response.outputSpeech.suggestions : undefined;

describe("demoAnswer", () => {
	test("greets with suggestions, each of which it knows what to say to", () => {
		const greeting = demoAnswer({ type: "LAUNCH_REQUEST", attributes: { isGreeting: true } });
		expect(responseText(greeting)).toMatch(/welcome to Birch & Bean/);
		expect(chips(greeting)?.length).toBeGreaterThan(2);
		for (const chip of chips(greeting) ?? []) expect(said(String(chip))).not.toMatch(/don't know/);
	});

	test.each([
		["When are you open on Saturday?", /Saturdays from 9 to 16/],
		["What does delivery cost?", /€3\.90/],
		["what can you do??", /a small one/],
		["Thank you!", /welcome/],
		["HELLO", /welcome to/],
		["Do you sell Night Shift Decaf?", /€10\.50/],
		["Привет, мир 👋", /don't know that one/],
		["I'm an opener", /don't know that one/],
	])("to %j it says %p", (text, answer) => expect(said(text)).toMatch(answer));

	test("shows the prices as a list, and the item that's chosen from it as a card", () => {
		const [list] = ask("What are your prices?").displays ?? [];
		expect(list).toMatchObject({ type: "LIST", title: expect.any(String) });
		const items = list?.items as { title: string; description: string; token: string }[];
		expect(items).toHaveLength(PRODUCTS.length);
		for (const { token, title } of items) {
			const chosen = demoAnswer({ type: "OPTION_SELECT_REQUEST", intentId: "OptionSelect", token });
			expect(responseText(chosen)).toContain(title);
			expect(chosen.displays).toMatchObject([
				{ type: "CARD", title, content: expect.any(String), buttons: [{ openUrlAction: `/#${token}` }] },
			]);
		}
		expect(responseText(demoAnswer({ type: "OPTION_SELECT_REQUEST", token: "gone" }))).toMatch(/don't know/);
	});

	test.each(["Can I talk to a human?", "agent", "I want a real PERSON!", "get me someone"])("hands off: %j", (text) => {
		expect(handOffOf(ask(text))).toEqual({});
		expect(said(text)).toMatch(/calling somebody/);
	});

	test("says that it has read along when a person has answered before, and only then", () => {
		expect(responseText(ask("opening hours", { transcript: [agentLine] }))).toMatch(/^I'm back, .*Monday to Friday/s);
		for (const transcript of [[], [{ from: "visitor", text: "Hi" }], "agent", [null], undefined]) {
			expect(responseText(ask("opening hours", { transcript }))).toMatch(/^We're open/);
		}
	});

	test("has nothing to say to a request without words", () => {
		expect(demoAnswer({ type: "SESSION_ENDED_REQUEST" })).toEqual({});
		expect(ask(" … ")).toEqual({});
	});

	test("answers what the protocol allows, whatever is asked", () => {
		for (const { response } of TOPICS) expect(stentorResponse.parse(response)).toEqual(response);
		for (const { words, response } of TOPICS) {
			for (const word of words) expect(TOPICS.find((topic) => topic.words.includes(word))?.response).toBe(response);
		}
	});
});

describe("demoBotHandler", () => {
	const handle = demoBotHandler("a key");
	const launch = JSON.stringify({ type: "LAUNCH_REQUEST" });

	test("answers requests that bring its key", () => {
		const { status, body } = handle("Bearer a key", launch);
		expect(status).toBe(200);
		expect(JSON.parse(body)).toEqual(demoAnswer({ type: "LAUNCH_REQUEST" }));
	});

	test.each([undefined, "", "a key", "Bearer", "Bearer another", "Bearer a key2"])("refuses %j as a key", (key) => {
		expect(handle(key, launch).status).toBe(401);
	});

	test.each(["", "{", "[]", "null", "{}", '{"type":1}', '{"type":""}'])("refuses %j as a request", (body) => {
		expect(handle("Bearer a key", body)).toEqual({
			status: 400,
			body: JSON.stringify({ error: "That's no Stentor request." }),
		});
	});
});
