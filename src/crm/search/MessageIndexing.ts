import { partsOf } from "../../delivery/identity.js";
import type { Plugin } from "../../delivery/Plugins.js";
import type { Entry } from "../../protocol/envelope.js";
import type { IndexedText, TextIndex } from "../../storage/TextIndex.js";
import { scopeOf } from "../agents/records.js";
import { wordsOf } from "./words.js";

/** Puts what people and bots say, and staff's notes, into the index, after they were said. */
export class MessageIndexing implements Plugin {
	readonly name = "crm-search";

	constructor(private readonly index: TextIndex) {}

	async onEntries(entries: readonly Entry[]): Promise<void> {
		const texts = entries.flatMap((entry) => textOf(entry) ?? []);
		if (texts.length > 0) await this.index.add(texts);
	}

	async onErased(session: string): Promise<void> {
		await this.index.remove(session);
	}
}

function textOf({ session, seq, timeMs, audience, content }: Entry): IndexedText | undefined {
	if (content.type !== "message" || audience === "answerers") return undefined;
	const { topic, app } = partsOf(session);
	const words = wordsOf(content.text).map(({ word }) => word);
	return { scope: scopeOf(topic, app), group: session, number: seq, timeMs, words };
}
