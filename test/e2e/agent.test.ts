import { afterEach, expect, test } from "@jest/globals";
import { onChromium } from "../support/chromium.js";
import { agentSuite } from "./agentSuite.js";
import { ownServer, Stage } from "./Stage.js";

await onChromium((browser) => {
	agentSuite(browser, ownServer);

	const stage = new Stage(browser);
	afterEach(() => stage.clear());

	test("without an agent's token there's nothing to see at the agents' desk", async () => {
		const server = await stage.server();
		const visitor = await stage.visitor(server);
		await visitor.isConnected();
		const { sessionId } = await visitor.ids();
		const page = await (await stage.context()).newPage();
		for (const path of [
			"/agent-demo",
			`/agent-demo?isAdmin=true&sessionId=${sessionId}`,
			`/agent-demo?token=${server.token}x`,
			"/agent-demo/sessions",
		]) {
			const answer = await page.goto(server.url + path);
			expect([path, answer?.status()]).toEqual([path, 401]);
			expect(await page.content()).not.toContain(sessionId.slice(-12));
		}
		await page.goto(`${server.url}/agent-demo`);
		await page.getByLabel("Token").fill("not a token");
		await page.getByRole("button", { name: "Sign in" }).click();
		await page.getByRole("alert").waitFor();
	});
});
