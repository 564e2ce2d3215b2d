import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";

const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
const Database = require(workerData.libsql);
const database = new Database(workerData.path);
let rows = [];
for (const [sql, ...values] of workerData.statements) {
	const statement = database.prepare(sql);
	if (statement.reader) rows = statement.all(...values);
	else statement.run(...values);
}
database.close();
parentPort.postMessage(rows);
`;

/**
 * Executes statements on a database file in a thread of its own, over a connection of its own: what takes long doesn't
 * stop the server, nor the thread that writes. Answers the rows of the last statement that has any; rejects with what
 * libsql throws.
 */
export async function executeAside(
	path: string,
	statements: readonly (readonly [sql: string, ...values: string[]])[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
	const libsql = createRequire(import.meta.url).resolve("libsql");
	const worker = new Worker(PROGRAM, { eval: true, workerData: { libsql, path, statements } });
	let rows: readonly Readonly<Record<string, unknown>>[] = [];
	worker.once("message", (answer) => {
		rows = answer;
	});
	await new Promise<void>((resolve, reject) => worker.once("error", reject).once("exit", () => resolve()));
	return rows;
}
