import type { Table } from "./measure/table.js";

/** What can be set for a run; a benchmark has its own defaults and heeds what concerns it. */
export interface Options {
	/** How often everything is measured; peers take turns, medians are told. */
	readonly rounds?: number;
	/** How long one measurement takes. */
	readonly seconds?: number;
	/** Messages that a client may have sent and not seen acknowledged. */
	readonly window?: number;
	/** `throughput`: only the peers whose names contain this. */
	readonly only?: string;
	/** Lengths of the history, for `storage`; numbers of conversations, for `crm`. */
	readonly histories?: readonly number[];
}

export interface Report {
	readonly tables: readonly Table[];
	/** What a reader must know to read the tables rightly. */
	readonly notes: readonly string[];
	/** Every single measurement, for the JSON. */
	readonly data: unknown;
}

export interface Benchmark {
	readonly summary: string;
	run(options: Options): Promise<Report>;
}
