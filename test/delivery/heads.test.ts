import { afterEach, expect, test } from "@jest/globals";
import { dueRecord } from "../../src/delivery/due.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { due, type Head, sessions } from "../../src/delivery/records.js";
import { type Client, TestOffice } from "../support/office.js";
import { Steered } from "./Steered.js";
import { onDeployment } from "./steering.js";

let at: TestOffice;
afterEach(() => {
	expect(at.notes.errors).toEqual([]);
});

const keyOf = ({ sessionId }: Client) => `test/shop/${sessionId}`;

async function headOf(client: Client): Promise<Head> {
	const head = await at.ports.storage.get(sessions, [keyOf(client)]);
	if (!head) throw new Error("There's no head.");
	return head;
}

test("the URL that all connections share is in the head once, and each is posted to at its own", async () => {
	const posted: (string | undefined)[] = [];
	at = new TestOffice({ answering: [new Steered()], ...onDeployment("API Gateway") });
	const { transport, office } = at;
	const post = transport.post.bind(transport);
	transport.post = (to, frame) => {
		posted.push(to.url);
		return post(to, frame);
	};
	const visitor = await at.client();
	const elsewhere = await at.client(visitor.query, visitor.sessionId);
	for (const [client, url] of [
		[visitor, "https://a.example.com"],
		[elsewhere, "https://b.example.com"],
	] as const) {
		client.connection = transport.open();
		await office.connect({ connection: client.connection, query: client.query, headers: {}, url });
		await client.join();
	}
	const head = await headOf(visitor);
	expect(head.url).toBe("https://a.example.com");
	const urls = Object.values(head.participants).flatMap(({ endpoints }) =>
		Object.values(endpoints).map(({ url }) => url),
	);
	expect(urls).toEqual([undefined, "https://b.example.com"]);
	posted.length = 0;
	await visitor.say("hi");
	expect(new Set(posted)).toEqual(new Set(["https://a.example.com", "https://b.example.com"]));
});

test("a head that names its due record as heads did before is looked after, and its record goes", async () => {
	const bot = new Steered();
	at = new TestOffice({ answering: [bot], ...onDeployment("API Gateway") });
	const visitor = await at.visitor();
	await visitor.say("hi");
	const session = keyOf(visitor);
	const head = await headOf(visitor);
	const record = dueRecord(session, at.clock.now - 1);
	await at.ports.storage.put(due, record);
	const bots = head.participants.bot;
	if (bots) bots.handled = 0;
	await at.ports.storage.put(sessions, { ...head, due: { at: record.at } });
	at.office = new PostOffice({ ...at.ports });
	await at.office.sweep();
	await at.office.idle();
	expect(visitor.read.at(-1)).toBe("echo hi");
	expect(bot.turns).toHaveLength(2);
	expect((await at.ports.storage.query(due, { hash: record.shard })).records).toEqual([]);
	expect((await headOf(visitor)).due).toBeUndefined();
});
