// A Lambda's process: loads a function's bundle, and has it handle events one by one, `node lambdaHost.mjs <bundle>`.
import { pathToFileURL } from "node:url";

// How far its clock is ahead: AWS's clients and tokens go by `new Date`, and aren't concerned.
let aheadMs = 0;
const now = Date.now;
Date.now = () => now() + aheadMs;

const begun = performance.now();
const { handler } = await import(pathToFileURL(process.argv[2]).href);
process.send({ ready: performance.now() - begun });

process.on("message", async ({ id, event, ahead }) => {
	aheadMs = ahead;
	const before = process.cpuUsage();
	const at = performance.now();
	const answer = await handler(event, { awsRequestId: id }).then(
		(result) => ({ result }),
		(error) => ({ error: String(error?.stack ?? error) }),
	);
	const { user, system } = process.cpuUsage(before);
	process.send({ id, ms: performance.now() - at, cpuMs: (user + system) / 1000, ...answer });
});
