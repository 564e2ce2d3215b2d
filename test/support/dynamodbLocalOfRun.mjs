import { once } from "node:events";
import { createServer } from "node:http";
import { importTypeScript } from "../../scripts/importTypeScript.mjs";

let server;
/** What `startDynamodbLocal` gives, once somebody has asked. */
let starting;

/**
 * Answers test files with the address of the one DynamoDB Local of the run. It's started
 * when the first file asks: most runs need none, and a JVM for each file would be cold in each.
 */
export default async function serveDynamodbLocal() {
	server = createServer(async (_, response) => {
		starting ??= start();
		const { endpoint, missing } = await starting;
		response.end(JSON.stringify({ endpoint, missing }));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	// Jest's workers get it with the environment.
	process.env.DYNAMODB_LOCAL_OF_RUN = `http://127.0.0.1:${server.address().port}`;
}

export async function stopDynamodbLocal() {
	server.closeAllConnections();
	server.close();
	await (await starting)?.stop?.();
}

/** Jest transforms test files, not what it runs before them. */
async function start() {
	const { startDynamodbLocal } = await importTypeScript("test/support/startDynamodbLocal.ts");
	return startDynamodbLocal();
}
