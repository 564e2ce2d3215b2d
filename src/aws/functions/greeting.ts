import { setTimeout as pause } from "node:timers/promises";
import type { ConnectionRecord } from "../../delivery/records.js";
import { insertedRecord, type StreamRecord } from "../../storage/dynamodb/streamImages.js";
import { serve } from "../openService.js";

/** API Gateway takes no posts to a connection before its `$connect` has been answered, in milliseconds after the record. */
const SETTLED_AFTER_MS = 300;
/** When it's tried again where that was too early, in milliseconds after the time before. */
const AGAIN_AFTER_MS = [600, 1_200, 2_400] as const;

/**
 * Greets who has connected, and pushes what they missed: reads the stream of the connections' table. A connection that
 * can't be greeted is told with its first frame; its failure holds up nobody else.
 */
export async function handler({ Records: records }: { readonly Records: readonly StreamRecord[] }): Promise<void> {
	const ids = records.flatMap((record) => {
		const key = insertedRecord<ConnectionRecord>(record)?.connection;
		return key === undefined ? [] : [key.slice(key.indexOf("/") + 1)];
	});
	if (ids.length === 0) return;
	// The service is opened meanwhile.
	const settled = pause(SETTLED_AFTER_MS);
	await serve(async ({ crm, monitor }) => {
		const greet = async (id: string) => {
			const welcome = () => crm.office.welcome(id, { mayResume: false });
			try {
				await settled;
				if (await welcome()) return;
				for (const ms of AGAIN_AFTER_MS) {
					await pause(ms);
					if (await welcome()) return;
				}
			} catch (error) {
				monitor.error("greeting failed", error);
			}
		};
		await Promise.all(ids.map(greet));
	});
}
