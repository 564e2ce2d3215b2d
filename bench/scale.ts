import { readFileSync } from "node:fs";
import type { Benchmark } from "./Benchmark.js";
import { ASSUMED, scaleTables } from "./scale/reckon.js";
import type { ConversationCounts } from "./storage/countConversation.js";

/** Written by `npm run bench storage`. */
export const COUNTS = "bench/scale/counts.json";

export const scale: Benchmark = {
	summary:
		"what conversations cost on AWS, and which quota is reached: reckons docs/scale.md from what storage counted",
	async run() {
		const counts = JSON.parse(readFileSync(COUNTS, "utf8")) as ConversationCounts;
		return {
			tables: scaleTables(counts),
			notes: [`Reckoned from ${COUNTS} and what bench/scale/ takes for granted; nothing is measured here.`],
			data: { counts, assumed: ASSUMED },
		};
	},
};
