import { expect, test } from "@jest/globals";
import { givenServer } from "./given.js";
import { ADMIN, Rest } from "./Rest.js";

const HOUR_MS = 3_600_000;

test("a server that starts sees to what was left undone within seconds, not only at the next regular upkeep", async () => {
	const first = await givenServer(ADMIN);
	await first.firstAdmin;
	const { id } = await (await Rest.admin(first.url)).agent("Grace");
	await first.close();
	const later = await givenServer({ ...ADMIN, DATA_DIR: first.dataDir }, () => Date.now() + HOUR_MS);
	const admin = await Rest.admin(later.url);
	expect(await admin.ask("GET", `/agents/${id}`)).toMatchObject({ status: "online" });
	await admin.becomes(`/agents/${id}`, { status: "away" });
}, 30_000);
