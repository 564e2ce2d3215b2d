import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { restClient } from "../../src/client/index.js";
import { givenServer, temporaryFolder } from "../server/given.js";
import { bundle } from "../support/bundle.js";
import { blocksOf } from "./markdown.js";

const blocks = blocksOf("docs/rest.md", readFileSync("docs/rest.md", "utf8"));
const run = promisify(execFile);
const ADMIN_PASSWORD = "correct horse battery";

test("the example of docs/rest.md does what it says", async () => {
	const { url, firstAdmin } = await givenServer({ ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD });
	await firstAdmin;
	const [example] = blocks.filter(({ language }) => language === "ts");
	const client = join(process.cwd(), "src/client/index.ts");
	const file = join(temporaryFolder(), "example.ts");
	writeFileSync(file, String(example?.text).replace("stentor-chat-router/client", client));
	const { stdout } = await run("node", [await bundle(file)], {
		env: { ...process.env, CHAT_URL: url, ADMIN_PASSWORD },
	});
	expect(stdout).toBe("customer_exists 409\n");
	const login = await restClient({ url }).api.auth.login.$post({
		json: { email: "admin@example.com", password: ADMIN_PASSWORD },
	});
	const { data } = await login.json();
	const customers = await restClient({ url, token: data.accessToken }).api.customers.$get({ query: {} });
	expect((await customers.json()).data).toMatchObject([
		{ name: "Ada Lovelace", company: "Analytical Engines", rev: 2 },
	]);
});
