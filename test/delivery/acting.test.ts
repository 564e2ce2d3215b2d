import { randomUUID } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import type { Act, Person } from "../../src/delivery/Letterbox.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import type { FileDesk } from "../../src/delivery/ports.js";
import type { Entry } from "../../src/protocol/envelope.js";
import { RouterError } from "../../src/protocol/errors.js";
import { stentorRequest, textRequest } from "../../src/protocol/stentor.js";
import type { Storage } from "../../src/storage/Storage.js";
import { onEachStorage } from "../crm/storages.js";
import { AGENT_TOKEN, TestOffice } from "../support/office.js";
import { Invited, Steered } from "./Steered.js";

const APP = "shop";
const ADA: Person = { role: "visitor", user: "customer-ada", name: "Ada", email: "ada@example.com" };
const GRACE: Person = { role: "agent", user: "grace", name: "Grace" };

function says(sessionId: string, text: string, messageId?: string): Act {
	// As it comes from a client of the router dialect.
	return { type: "message", sessionId, messageId, request: stentorRequest.parse(textRequest(text)) };
}

async function logOf(office: PostOffice, sessionId: string): Promise<Entry[]> {
	const found: Entry[] = [];
	for await (const page of office.history(APP, sessionId)) found.push(...page);
	return found;
}

/** What a log holds, shortly. */
function shortly(log: readonly Entry[]): string[] {
	return log.map(({ from, content }) => {
		const who = from.name ?? from.role;
		return content.type === "message" ? `${who}: ${content.text}` : `${who} ${content.type}`;
	});
}

await onEachStorage((open) => {
	const begin = async (answering = [new Steered()]) =>
		new TestOffice({ topic: `test-${randomUUID()}`, storage: await open(), answering, soleOwner: false });

	describe("who has no connection", () => {
		test("opens a session with what they say, once under one message id; the bot answers, and hears who it is", async () => {
			const bot = new Steered();
			const { office } = await begin([bot]);
			const id = randomUUID();
			const said = await office.act(APP, ADA, says(id, "Hello", "m1"));
			expect(said).toMatchObject({
				seq: 1,
				messageId: "m1",
				from: { role: "visitor", name: "Ada" },
				content: { type: "message", text: "Hello" },
			});
			await office.idle();
			expect(await office.act(APP, ADA, says(id, "Hello", "m1"))).toEqual(said);
			await expect(office.act(APP, ADA, says(id, "Hullo", "m1"))).rejects.toMatchObject({ code: "message_conflict" });
			await office.idle();
			expect(shortly(await logOf(office, id))).toEqual(["Ada: Hello", "Robo: echo Hello"]);
			expect(bot.turns).toHaveLength(1);
			expect(await office.session(APP, id)).toMatchObject({
				participants: expect.arrayContaining([
					expect.objectContaining({ role: "answerer" }),
					expect.objectContaining({ role: "visitor", name: "Ada", endpoints: [] }),
				]),
			});
		});

		test("says the same thing at two processes at once: it's said once, and both are told of it", async () => {
			const bot = new Steered();
			const { office, ports } = await begin([bot]);
			const other = new PostOffice({ ...ports });
			const id = randomUUID();
			const offices = [office, other, office, other, office, other];
			const said = await Promise.all(offices.map((each) => each.act(APP, ADA, says(id, "Hello", "m1"))));
			expect(new Set(said.map((entry) => entry?.seq))).toEqual(new Set([1]));
			const agents = await Promise.all(offices.map((each, i) => each.act(APP, GRACE, says(id, `${i}`, `g${i}`))));
			await Promise.all([office.idle(), other.idle()]);
			const log = await logOf(office, id);
			expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
			expect(agents.map((entry) => entry?.content)).toEqual(
				offices.map((_, i) => expect.objectContaining({ text: `${i}` })),
			);
			expect(shortly(log).filter((line) => line === "Grace joined")).toHaveLength(1);
			expect(
				shortly(log)
					.filter((line) => /^Grace: \d$/.test(line))
					.sort(),
			).toEqual(offices.map((_, i) => `Grace: ${i}`));
			expect(shortly(log).filter((line) => line === "Ada: Hello")).toHaveLength(1);
		});

		test("as an agent makes the bot fall silent, and isn't taken for gone until five minutes after", async () => {
			const bot = new Steered();
			const at = await begin([bot]);
			const { office, clock } = at;
			const visitor = await at.visitor();
			await visitor.say("Hi");
			await office.act(APP, GRACE, says(visitor.sessionId, "This is Grace"));
			await office.idle();
			await visitor.say("Oh, good");
			expect(visitor.read).toEqual(["echo Hi", "This is Grace"]);
			expect(bot.turns).toHaveLength(1);
			for (let minutes = 0; minutes < 4; minutes++) {
				clock.advance(60_000);
				await office.sweep();
				await office.idle();
			}
			await office.act(APP, GRACE, { type: "bargeIn", sessionId: visitor.sessionId, profile: {} });
			for (let minutes = 0; minutes < 4; minutes++) {
				clock.advance(60_000);
				await office.sweep();
				await office.idle();
			}
			expect((await office.session(APP, visitor.sessionId))?.floor.holder).toMatch(/^agent-/);
			clock.advance(61_000);
			await office.sweep();
			await office.idle();
			expect((await office.session(APP, visitor.sessionId))?.floor.holder).toBe("bot");
			// What she left unanswered is the bot's.
			expect(visitor.read).toEqual(["echo Hi", "This is Grace", "echo Oh, good"]);
		});

		test("as an agent is the participant that they are at their socket, and hears there what is said", async () => {
			const at = await begin();
			const { office } = at;
			const visitor = await at.visitor();
			await visitor.say("Hi");
			const person: Person = { role: "agent", user: "agent-1:desk", name: "Grace" };
			await office.act(APP, person, says(visitor.sessionId, "By hand", "m1"));
			await office.idle();
			const agent = await at.client({ userId: "desk", isAdmin: "true", token: AGENT_TOKEN }, visitor.sessionId);
			expect(agent.read).toEqual(["Hi", "echo Hi"]);
			await visitor.say("There?");
			expect(agent.read.at(-1)).toBe("There?");
			await agent.send({ event: "new message", messageId: "m1", data: textRequest("By hand") });
			await office.idle();
			expect(agent.of("ack")).toEqual([
				expect.objectContaining({ data: expect.objectContaining({ messageId: "m1" }) }),
			]);
			const participants = (await office.session(APP, visitor.sessionId))?.participants ?? [];
			expect(participants.filter(({ role }) => role === "agent")).toHaveLength(1);
			await office.act(APP, person, { type: "bargeOut", sessionId: visitor.sessionId });
			await visitor.say("Anybody?");
			expect(visitor.read.at(-1)).toBe("echo Anybody?");
		});

		test("as the visitor acts as whoever the session belongs to, and what they say is shown at their client", async () => {
			const at = await begin();
			const visitor = await at.visitor();
			await visitor.send({ event: "resume", data: { since: 0 } });
			await visitor.say("Hi", "m0");
			await at.office.act(APP, ADA, says(visitor.sessionId, "From my phone", "m1"));
			await at.office.idle();
			const log = await logOf(at.office, visitor.sessionId);
			expect(new Set(log.filter(({ from }) => from.role === "visitor").map(({ from }) => from.id)).size).toBe(1);
			expect(visitor.of("new message").find(({ messageId }) => messageId === "m1")).toMatchObject({ own: true });
			expect(visitor.read).toContain("echo From my phone");
		});

		test("opens a session for its visitor, who is shown it when they come", async () => {
			const at = await begin();
			const id = randomUUID();
			await expect(at.office.act(APP, GRACE, says(id, "Hello"))).rejects.toMatchObject({ code: "session_unknown" });
			const user = randomUUID();
			await at.office.act(APP, GRACE, says(id, "Your parcel is here"), { visitor: { user, name: "Ada" } });
			await at.office.idle();
			expect(await at.office.session(APP, id)).toMatchObject({
				participants: expect.arrayContaining([expect.objectContaining({ role: "visitor", name: "Ada" })]),
			});
			const visitor = await at.client({ userId: user }, id);
			await visitor.join();
			expect(visitor.read).toEqual(["Your parcel is here"]);
			const stranger = await at.client({}, id);
			await stranger.join();
			expect(stranger.read).toEqual([]);
		});

		test("closes, rates once, archives, reopens; each in the log, heard, and refused where it can't be", async () => {
			const at = await begin();
			const { office } = at;
			const visitor = await at.visitor();
			const { sessionId } = visitor;
			await visitor.say("Hi", "m1");
			const act = (person: Person, type: "close" | "reopen" | "archive") =>
				office.act(APP, person, { type, sessionId });
			const rate = () => office.act(APP, ADA, { type: "rate", sessionId, rating: 5, comment: "Quick" });
			await expect(rate()).rejects.toMatchObject({ code: "conversation_open" });
			await expect(act(GRACE, "archive")).rejects.toMatchObject({ code: "conversation_open" });
			expect(await act(GRACE, "reopen")).toBeUndefined();
			expect(await act(GRACE, "close")).toMatchObject({ content: { type: "closed" }, from: { name: "Grace" } });
			expect(await act(ADA, "close")).toBeUndefined();
			expect(await act(GRACE, "reopen")).toMatchObject({ content: { type: "reopened" } });
			await act(ADA, "close");
			expect(await rate()).toMatchObject({ content: { type: "rated", rating: 5, comment: "Quick" } });
			await expect(rate()).rejects.toMatchObject({ code: "conversation_rated" });
			expect(await act(GRACE, "archive")).toMatchObject({ content: { type: "archived" } });
			expect(await act(GRACE, "archive")).toBeUndefined();
			for (const again of [act(ADA, "close"), act(GRACE, "reopen"), rate()]) {
				await expect(again).rejects.toMatchObject({ code: "conversation_archived" });
			}
			for (const person of [ADA, GRACE]) {
				await expect(office.act(APP, person, says(sessionId, "Hello?"))).rejects.toMatchObject({
					code: "conversation_archived",
				});
			}
			await office.idle();
			expect(visitor.frames.map(({ event }) => event).filter((event) => /ed$/.test(event))).toEqual(
				expect.arrayContaining(["closed", "reopened", "closed", "rated", "archived"]),
			);
			// The published widget can be given no other session.
			await visitor.say("Me again");
			expect(visitor.read.at(-1)).toBe("echo Me again");
			expect(await act(GRACE, "close")).toBeDefined();
			// She doesn't take part by any of this.
			const { participants = [] } = (await office.session(APP, sessionId)) ?? {};
			expect(participants.filter(({ role }) => role === "agent")).toEqual([]);
		});

		test("leaves what is closed closed by an agent's words, and opens it by the visitor's", async () => {
			const at = await begin();
			const { office } = at;
			const sessionId = randomUUID();
			await office.act(APP, ADA, says(sessionId, "Hi"));
			await office.act(APP, GRACE, { type: "close", sessionId });
			await office.act(APP, GRACE, says(sessionId, "All the best"));
			await office.act(APP, ADA, { type: "rate", sessionId, rating: 4 });
			await office.act(APP, ADA, says(sessionId, "One more thing"));
			await expect(office.act(APP, ADA, { type: "rate", sessionId, rating: 4 })).rejects.toMatchObject({
				code: "conversation_rated",
			});
			expect(await office.act(APP, GRACE, { type: "close", sessionId })).toBeDefined();
			await office.idle();
		});

		test("writes notes that only staff is told, and takes no part by them", async () => {
			const at = await begin();
			const visitor = await at.visitor();
			await visitor.say("Hi");
			const agent = await at.agent(visitor.sessionId);
			const note: Act = { type: "note", sessionId: visitor.sessionId, messageId: "n1", text: "A difficult one" };
			const written = await at.office.act(APP, GRACE, note);
			expect(written).toMatchObject({ audience: "staff", from: { name: "Grace" } });
			expect(await at.office.act(APP, GRACE, note)).toEqual(written);
			await at.office.idle();
			expect(agent.read).toContain("A difficult one");
			expect(JSON.stringify(visitor.frames)).not.toContain("difficult");
			expect((await at.office.session(APP, visitor.sessionId))?.participants).toHaveLength(3);
		});

		test("has read, and types: those who may hear of it are told, and nothing is stored", async () => {
			const at = await begin();
			const visitor = await at.visitor();
			await visitor.send({ event: "resume", data: { since: 0 } });
			await visitor.say("Hi", "m1");
			const { sessionId } = visitor;
			const read: Act = { type: "receipt", sessionId, read: "all" };
			await at.office.act(APP, GRACE, read);
			await at.office.idle();
			// She only watches.
			expect(visitor.of("receipt")).toEqual([]);
			await at.office.act(APP, GRACE, says(sessionId, "Hello"));
			await at.office.act(APP, GRACE, read);
			await at.office.act(APP, GRACE, { type: "typing", sessionId, on: true });
			await at.office.idle();
			const { seq = 0 } = (await at.office.session(APP, sessionId)) ?? {};
			expect(visitor.of("receipt")).toEqual([expect.objectContaining({ data: { read: seq } })]);
			expect(visitor.of("typing").at(-1)?.sender).toMatchObject({ displayName: "Grace" });
			expect([...(await at.office.receipts(APP, sessionId)).values()]).toContainEqual({ read: seq });
			await expect(at.office.act(APP, GRACE, { ...read, sessionId: "nowhere" })).rejects.toMatchObject({
				code: "session_unknown",
			});
		});

		test("hands over to an answerer, who gets what the agent left unanswered; the agent takes part no longer", async () => {
			const [bot, queue] = [new Steered(), new Invited("queue")];
			const at = await begin([bot, queue]);
			const { office } = at;
			const visitor = await at.visitor();
			const { sessionId } = visitor;
			await visitor.say("One");
			await office.act(APP, GRACE, says(sessionId, "Let me see"));
			await visitor.say("Two");
			const handed = await office.act(APP, GRACE, { type: "handOff", sessionId, target: "queue" });
			expect(handed).toMatchObject({ audience: "answerers", content: { type: "handOff", target: "queue" } });
			await office.idle();
			expect(visitor.read).toEqual(["echo One", "Let me see", "echo Two"]);
			expect(queue.turns.map(({ request }) => request.rawQuery)).toEqual(["Two"]);
			const session = await office.session(APP, sessionId);
			expect(session?.floor.holder).toBe("queue");
			expect(session?.participants.filter(({ bargedIn }) => bargedIn)).toEqual([]);
			// A person is asked for: who answers goes on until one comes.
			await office.act(APP, GRACE, { type: "handOff", sessionId });
			await visitor.say("Three");
			expect(visitor.read.at(-1)).toBe("echo Three");
			expect((await office.session(APP, sessionId))?.handOff).toEqual({ target: undefined });
		});

		test("is refused what doesn't fit, and what names nothing", async () => {
			const { office } = await begin();
			const id = randomUUID();
			await expect(office.act("none", ADA, says(id, "x"))).rejects.toMatchObject({ code: "unknown_app" });
			await expect(office.act(APP, ADA, says("a/b", "x"))).rejects.toMatchObject({ code: "session_unknown" });
			await expect(office.act(APP, ADA, says(id, "x".repeat(101 * 1024)))).rejects.toMatchObject({
				code: "frame_too_large",
			});
			await expect(office.act(APP, ADA, { type: "rate", sessionId: id, rating: 3 })).rejects.toMatchObject({
				code: "session_unknown",
			});
			expect(await office.session(APP, id)).toBeUndefined();
		});
	});

	describe("files", () => {
		/** Knows one file, as long as it's there. */
		class OneFile implements FileDesk {
			isThere = true;
			readonly askedBy: string[] = [];

			async admit({ role, user, attachments }: Parameters<FileDesk["admit"]>[0]) {
				this.askedBy.push(`${role} ${user}`);
				if (!this.isThere) throw new RouterError("attachment_deleted");
				return attachments.map(({ url }) => {
					if (!url.endsWith("/known")) throw new RouterError("attachment_unknown");
					return { url, name: "looked-at.png", size: 7 };
				});
			}
		}

		const beginWith = async (files: FileDesk, storage: Storage) =>
			new TestOffice({ topic: `test-${randomUUID()}`, storage, answering: [new Steered()], files });

		test("are passed on as they were looked at; sent again, the message stands whatever has become of them", async () => {
			const files = new OneFile();
			const at = await beginWith(files, await open());
			const id = randomUUID();
			const file = (url: string, messageId: string, name = "evil.svg"): Act => {
				const attachments = [{ url, name }];
				const request = { ...textRequest("See"), attributes: { attachments } };
				return { type: "message", sessionId: id, messageId, request, attachments };
			};
			const said = await at.office.act(APP, ADA, file("https://x.example/known", "m1"));
			const lookedAt = [{ url: "https://x.example/known", name: "looked-at.png", size: 7 }];
			expect(said?.content).toMatchObject({
				attachments: lookedAt,
				request: { attributes: { attachments: lookedAt } },
			});
			files.isThere = false;
			expect(await at.office.act(APP, ADA, file("https://x.example/known", "m1"))).toEqual(said);
			await expect(at.office.act(APP, ADA, file("https://x.example/known", "m1", "b"))).rejects.toMatchObject({
				code: "message_conflict",
			});
			await expect(at.office.act(APP, ADA, file("https://x.example/known", "m2"))).rejects.toMatchObject({
				code: "attachment_deleted",
			});
			files.isThere = true;
			await expect(at.office.act(APP, ADA, file("https://x.example/other", "m2"))).rejects.toMatchObject({
				code: "attachment_unknown",
			});
			await at.office.idle();
			expect(shortly(await logOf(at.office, id))).toEqual(["Ada: See", "Robo: echo See"]);
			expect(new Set(files.askedBy)).toEqual(new Set(["visitor customer-ada"]));
		});
	});
});
