import type { PostOffice } from "../../delivery/PostOffice.js";
import { entries } from "../../delivery/records.js";
import type { Entry } from "../../protocol/envelope.js";
import { insertedRecord, isOf, type StreamRecord } from "../../storage/dynamodb/streamImages.js";
import { changeIn } from "../deskChanges.js";
import type { StreamResult } from "../events.js";
import { serve } from "../openService.js";

/** Gives plugins what was said, and tells desks of conversations that changed: reads the streams of their tables. */
export function handler({ Records }: { readonly Records: readonly StreamRecord[] }): Promise<StreamResult> {
	return serve(async ({ crm, monitor, settings }) => {
		// Each call has events of one stream. What it throws has all of them come again.
		await crm.changed(Records.flatMap((event) => changeIn(event, settings.tablePrefix) ?? []));
		const said = Records.filter((event) => isOf(entries, settings.tablePrefix, event));
		return feed(crm.office, said, (error) => monitor.error("plugin failed", error));
	});
}

/**
 * Gives a batch to the plugins; session by session where the whole fails, so that one session doesn't hold up more than it
 * must. Answers the first event that is to come again.
 */
export async function feed(
	office: Pick<PostOffice, "feed">,
	records: readonly StreamRecord[],
	failed: (error: unknown) => void,
): Promise<StreamResult> {
	const said = records.flatMap((record, at) => {
		const entry = insertedRecord<Entry>(record);
		return entry ? [{ at, entry }] : [];
	});
	try {
		await office.feed(said.map(({ entry }) => entry));
		return { batchItemFailures: [] };
	} catch (error) {
		failed(error);
	}
	const bySession = new Map<string, typeof said>();
	for (const each of said) bySession.set(each.entry.session, [...(bySession.get(each.entry.session) ?? []), each]);
	const again: number[] = [];
	for (const those of bySession.values()) {
		try {
			await office.feed(those.map(({ entry }) => entry));
		} catch (error) {
			failed(error);
			again.push(Math.min(...those.map(({ at }) => at)));
		}
	}
	if (again.length === 0) return { batchItemFailures: [] };
	// Lambda begins with the first one again, whatever else is named. Without a number it's the whole batch.
	return { batchItemFailures: [{ itemIdentifier: records[Math.min(...again)]?.dynamodb?.SequenceNumber ?? "" }] };
}
