import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { createDeployedTables } from "../../aws/offline/tables.js";
import { serve } from "../../src/aws/openService.js";
import { localEnvironment, onDynamodbLocal } from "../support/dynamodbLocal.js";
import { provider } from "../support/provider.js";

const { env } = process;
afterEach(() => {
	process.env = env;
});

await onDynamodbLocal(({ endpoint, client }) => {
	test("an event that fails has what it began waited for, as one that's served", async () => {
		const standIn = await provider(() => true);
		process.env = {
			...env,
			...localEnvironment(endpoint),
			TABLE_PREFIX: "served-",
			FILES_BUCKET: "files",
			FILES_URL: "http://127.0.0.1:1/files",
			JWT_SECRET: "a secret of 32 bytes, or of more.",
			LOG_LEVEL: "silent",
			MONITORING_PROVIDER: "logtail",
			LOGTAIL_TOKEN: "token",
			LOGTAIL_HTTP_API_URL: `http://${standIn.host}`,
		};
		try {
			await createDeployedTables(client, "served-");
			const work = serve(async ({ monitor }) => {
				monitor.error("event failed", new Error("not now"));
				throw new Error("not now");
			});
			await expect(work).rejects.toThrow("not now");
			expect(standIn.received).toHaveLength(1);
			await expect(serve(async ({ app }) => pause(1, app))).resolves.toBe("default");
		} finally {
			standIn.close();
		}
	}, 60_000);
});
