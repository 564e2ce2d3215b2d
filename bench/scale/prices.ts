/**
 * List prices of us-east-1 in US dollars, as of November 2026 as far as could be read without an account: see
 * docs/scale.md for where each is from. Free tiers and discounts aren't counted.
 */
export const PRICES = {
	/** DynamoDB on demand, a million units; a GB kept for a month, and the same for restoring to a point in time. */
	writeUnits: 0.625,
	readUnits: 0.125,
	keptGb: 0.25,
	restorableGb: 0.2,
	/** Lambda on arm64: a million invocations; a GB for a second. */
	invocations: 0.2,
	gbSeconds: 0.0000133334,
	/** API Gateway WebSocket: a million messages of up to 32 KB, up to a thousand million a month and beyond; a million minutes. */
	messages: 1,
	furtherMessages: 0.8,
	connectionMinutes: 0.25,
} as const;

/** What AWS allows an account in a region by default, and what its tables' partitions can do. */
export const QUOTAS = {
	/** WebSocket connections begun in a second. */
	connections: 500,
	/** Requests to all of the account's APIs in a second; what is posted to connections counts. */
	apiRequests: 10_000,
	/** Lambdas that run at once. */
	concurrency: 1_000,
	/** Write units of one table in a second. */
	tableWrites: 40_000,
	/** Write units in a second that a new table is ready for. */
	newTableWrites: 4_000,
	/** Write units of one partition, and so of one key, in a second. */
	partitionWrites: 1_000,
} as const;
