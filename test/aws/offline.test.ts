import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Offline, openOffline } from "../../aws/offline/Offline.js";
import { agentSuite } from "../e2e/agentSuite.js";
import { awaySuite } from "../e2e/awaySuite.js";
import { botSuite } from "../e2e/botSuite.js";
import { startEchoBot } from "../e2e/echoBot.js";
import { logs, type OpenProduct } from "../e2e/Product.js";
import { RECONNECTED_MS, restartSuite } from "../e2e/restartSuite.js";
import { Stage } from "../e2e/Stage.js";
import { visitorSuite } from "../e2e/visitorSuite.js";
import { attachmentSuite } from "../server/attachmentSuite.js";
import { availabilitySuite } from "../server/availabilitySuite.js";
import { ChatWire } from "../server/ChatWire.js";
import { customer, customerSuite } from "../server/customerSuite.js";
import { refusal, waitAtMost } from "../server/given.js";
import { ADMIN, Rest } from "../server/Rest.js";
import { restSuite } from "../server/restSuite.js";
import { onChromium } from "../support/chromium.js";
import { dynamodbLocalOfRun } from "../support/dynamodbLocal.js";
import { eventually } from "../support/eventually.js";
import { OfflineProduct } from "./OfflineProduct.js";

/** What `npm run offline` runs: the functions as they're deployed, behind stand-ins for AWS's services. */
const folder = `build/offline-${process.pid}`;
/** When a connection is ended, where that's to be seen. */
const ENDED_S = 10;
const JWT_SECRET = "a secret of 32 bytes, or of more.";

// Each step is a Lambda's, which may have to be started first.
waitAtMost(45_000);

let offline: Offline;
let said = "";

const { missing } = await dynamodbLocalOfRun();
const theTest = missing && !process.env.CI ? test.skip : test;

beforeAll(async () => {
	if (missing && !process.env.CI) return;
	offline = await openOffline({
		port: await threePorts(),
		variables: { ...ADMIN, JWT_SECRET, LOG_LEVEL: "warn" },
		folder,
		say: (text) => {
			said += text;
		},
	});
}, 300_000);

afterAll(async () => {
	await offline?.close();
	rmSync(folder, { recursive: true, force: true });
}, 60_000);

if (!missing || process.env.CI) {
	// The same as of `npm start`.
	const open = async () => {
		const { url, socketUrl } = offline;
		return { url, wsUrl: socketUrl, admin: await Rest.admin(url) };
	};
	for (const suite of [customerSuite, restSuite, availabilitySuite, attachmentSuite]) suite(open, 300_000);
	await onChromium((browser) => visitorSuite(browser, async () => offline));
}

theTest(
	"messages are found by their words",
	async () => {
		const { url, socketUrl } = offline;
		const ada = await ChatWire.connect(socketUrl, customer());
		const { conversationId } = await ada.greeting();
		ada.say(conversationId, "My kettle is broken");
		await found(await Rest.admin(url), "kettle", conversationId);
	},
	240_000,
);

theTest(
	"the demo bot answers while nobody is there, and pages know where the WebSocket is",
	async () => {
		const { url, socketUrl } = offline;
		const visitor = await ChatWire.connect(socketUrl, {
			user: JSON.stringify({ email: "bob@example.com", name: "Bob" }),
		});
		const { conversationId } = await visitor.greeting();
		const grace = await Rest.admin(url);
		const [agent] = await grace.list("/agents?status=online");
		if (agent) await grace.ask("PUT", `/agents/${agent.id}/status`, { status: "offline" });
		visitor.say(conversationId, "What does delivery cost?");
		await visitor.until(({ type, data }) => type === "message" && /3\.90/.test(String(data?.content)));

		const page = await fetch(url);
		expect(page.headers.get("content-security-policy")).toContain(`connect-src 'self' ${socketUrl};`);
		expect(await page.text()).toContain(`data-server="${socketUrl}"`);
		expect((await fetch(`${url}/widget/xapp-chat-widget.js`)).status).toBe(200);
		expect((await fetch(`${url}/api/openapi.json`)).status).toBe(200);
		expect((await fetch(`${url}/api/docs`)).status).toBe(200);
		expect(await (await fetch(`${url}/readyz`)).text()).toBe("ready\n");
		expect((await fetch(`${url}/nothing`)).status).toBe(404);
	},
	240_000,
);

theTest("nothing of it had a function fail", () => {
	expect(said.split("\n").filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

if (!missing || process.env.CI) {
	await onChromium((browser) => {
		describe("with a bot of one's own", () => {
			let product: OfflineProduct | undefined;
			beforeAll(async () => {
				product = await OfflineProduct.open(offline, JWT_SECRET, () => said);
			}, 120_000);
			afterAll(() => product?.close());
			const open: OpenProduct = async (stage, bot) => {
				if (!product) throw new Error("It did not start.");
				return product.withBot(stage, bot);
			};
			agentSuite(browser, open);
			awaySuite(browser, open);
			botSuite(browser, open);
			restartSuite(browser, open);

			describe("started otherwise", () => {
				const stage = new Stage(browser);
				afterEach(() => stage.clear());

				test.each([
					["for its age", { ageSeconds: ENDED_S }],
					["as nothing comes or goes on it", { idleSeconds: ENDED_S }],
				])(
					"a visitor whose connection is ended %s loses nothing, and sees nothing twice",
					async (_, limits) => {
						await product?.kill();
						await product?.start({}, limits);
						const bot = stage.keep(await startEchoBot());
						const here = await open(stage, bot);
						const visitor = await stage.visitor(here);
						await visitor.showsLast("them: Welcome!");
						await visitor.say("Hello");
						await visitor.showsLast("them: I heard: Hello");
						const ends = { event: "disconnected", as: "widget" };
						await logs(here, ends, async () => {}, { withinMs: 3_000 * ENDED_S });
						const { sessionId } = await visitor.ids();
						const admin = await Rest.admin(here.url);
						await admin.ask("POST", "/messages", { conversationId: sessionId, content: "While you were away" });
						const said = async () => (await visitor.lines()).filter((line) => !line.startsWith("-- "));
						const whole = ["them: Welcome!", "me: Hello", "them: I heard: Hello", "them: While you were away"];
						await eventually(async () => expect(await said()).toEqual(whole), RECONNECTED_MS);
						await visitor.say("I'm back");
						whole.push("me: I'm back");
						await eventually(async () => expect(await said()).toEqual(whole), RECONNECTED_MS);
					},
					180_000,
				);

				test("a ticket lets in once; spent or made up, it's refused before `ws` starts", async () => {
					await product?.kill();
					await product?.start({ CONNECT_AUTHORIZER: "true" });
					const { url, socketUrl } = offline;
					const grace = await (await Rest.admin(url)).agent("Heddy");
					const ticket = String((await grace.rest.ask("POST", "/connect-ticket")).ticket);
					const desk = await ChatWire.connect(socketUrl, { ticket });
					desk.send("subscribe", {});
					await desk.until(({ type }) => type === "subscribed");
					const begun = said.length;
					for (const wrong of [ticket, "made-up", "c.made-up"]) {
						expect(await refusal(`${socketUrl}?ticket=${wrong}`)).toMatchObject({ status: 403 });
					}
					expect(said.slice(begun)).not.toContain('"event":"connect refused"');
				});
			});
		});
	});
}

/** The index follows. */
async function found(rest: Rest, word: string, conversationId: string): Promise<void> {
	const end = Date.now() + 45_000;
	for (;;) {
		const { data } = await rest.answer("GET", `/messages/search?q=${word}`);
		if (JSON.stringify(data ?? "").includes(conversationId)) return;
		if (Date.now() > end) throw new Error(`Not found: ${JSON.stringify(data)}`);
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

/** The first of three free ports in a row. */
async function threePorts(): Promise<number> {
	for (;;) {
		const first = 20_000 + Math.floor(Math.random() * 20_000);
		const servers = await Promise.all([0, 1, 2].map((i) => listening(first + i)));
		await Promise.all(servers.map((server) => server && new Promise((resolve) => server.close(resolve))));
		if (servers.every(Boolean)) return first;
	}
}

function listening(port: number): Promise<Server | undefined> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", () => resolve(undefined));
		server.listen(port, "127.0.0.1", () => resolve(server));
	});
}
