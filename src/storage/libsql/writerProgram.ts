import { parentPort, workerData } from "node:worker_threads";
import { Connection, configure } from "./Connection.js";
import { JobList } from "./JobList.js";
import { packError, packOutcome } from "./packing.js";
import { Writer, type WriterOptions } from "./Writer.js";

/** The thread behind `WriterThread`: it's told jobs, group by group, and tells what became of them; `null` ends it. */

const { path, ...options } = workerData as WriterOptions & { readonly path: string };
const connection = new Connection(path);
for (const pragma of configure) connection.all(pragma);
const writer = new Writer(connection, options);
const list = new JobList(options.collections);

parentPort?.on("message", (items: readonly unknown[] | null) => {
	if (items === null) {
		writer.close();
		parentPort?.close();
		return;
	}
	try {
		parentPort?.postMessage({ outcomes: writer.commit(list.unpack(items)).map(packOutcome) });
	} catch (error) {
		parentPort?.postMessage({ failed: packError(error) });
	}
});
