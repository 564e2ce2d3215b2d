import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { importTypeScript } from "../../scripts/importTypeScript.mjs";

let server;
/** What `startDynamodbLocal` gives, once somebody has asked. */
let starting;
/** The files whose tests on it are left out. */
const leftOut = [];

/**
 * Answers test files with the address of the one DynamoDB Local of the run. It's started
 * when the first file asks: most runs need none, and a JVM for each file would be cold in each.
 */
export default async function serveDynamodbLocal() {
	server = createServer(async (request, response) => {
		starting ??= start();
		const [{ endpoint, missing }, file] = await Promise.all([starting, text(request)]);
		if (missing !== undefined) leftOut.push(file);
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
	const local = await starting;
	await local?.stop?.();
	if (leftOut.length === 0 || process.env.CI) return;
	const files = leftOut.sort().map((file) => `  ${file}\n`);
	process.stderr.write(`\nNOT TESTED on DynamoDB, ${files.length} files:\n${files.join("")}${local.missing}\n`);
}

/** Jest transforms test files, not what it runs before them. */
async function start() {
	const { startDynamodbLocal } = await importTypeScript("test/support/startDynamodbLocal.ts");
	return startDynamodbLocal();
}
