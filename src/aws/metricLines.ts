import type { Noted } from "./MetricsMonitor.js";

/** Under which CloudWatch has them. */
const NAMESPACE = "stentor-chat";
/** CloudWatch takes so many values of a metric in one line. */
const VALUES = 100;
/** What is counted by how often it's said. */
const COUNTED: ReadonlyMap<string, string> = new Map([
	["appended", "Messages"],
	["answered", "Answers"],
	["pushed", "Deliveries"],
	["connection gone", "GoneConnections"],
	["turn failed", "FailedTurns"],
]);

/**
 * What was said, as lines in CloudWatch's embedded metric format, without ids or names of apps; none where nothing of it
 * is counted.
 */
export function metricLines(noted: readonly Noted[], deployment: string): string[] {
	const counts: Record<string, number> = {};
	const latencies: number[] = [];
	const add = (name: string, by: number) => {
		counts[name] = (counts[name] ?? 0) + by;
	};
	for (const { event, fields: { ms, waiting } = {}, isError } of noted) {
		const name = COUNTED.get(event);
		if (name) add(name, 1);
		if (isError) add("Failures", 1);
		if (event === "answered" && typeof ms === "number") latencies.push(ms);
		// None are said too: whoever looks sees that the sweep runs.
		if (event === "swept" && typeof waiting === "number") add("UnhandledTurns", waiting);
	}
	const first = { ...counts, ...(latencies.length > 0 && { TurnLatency: latencies.splice(0, VALUES) }) };
	const lines = Object.keys(first).length > 0 ? [metricLine(first, deployment)] : [];
	while (latencies.length > 0) lines.push(metricLine({ TurnLatency: latencies.splice(0, VALUES) }, deployment));
	return lines;
}

function metricLine(values: Readonly<Record<string, number | readonly number[]>>, deployment: string): string {
	const Metrics = Object.keys(values).map((Name) => ({
		Name,
		Unit: Name === "TurnLatency" ? "Milliseconds" : "Count",
	}));
	const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [["Deployment"]], Metrics }];
	return JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, Deployment: deployment, ...values });
}
