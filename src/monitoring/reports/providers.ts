import { randomUUID } from "node:crypto";
import type { DescribedError } from "../describedError.js";
import type { Provider, Report } from "./Report.js";

/** Which provider errors are sent to, and how it knows us. */
export type Reporting = {
	/** Which of several deployments that are reported to one place this is. */
	readonly environment: string;
} & (
	| { readonly provider: "sentry"; readonly dsn: string }
	| { readonly provider: "rollbar"; readonly token: string; readonly url?: string }
	| { readonly provider: "logtail"; readonly token: string; readonly url: string }
);

const JSON_TYPE = "application/json";

export function providerOf(reporting: Reporting): Provider {
	const { environment } = reporting;
	switch (reporting.provider) {
		case "sentry":
			return sentry(environment, reporting.dsn);
		case "rollbar":
			return rollbar(environment, reporting.token, reporting.url);
		case "logtail":
			return logtail(environment, reporting.token, reporting.url);
	}
}

/** An envelope with one event, see Sentry's developer documentation, "Envelopes" and "Event Payloads". */
function sentry(environment: string, dsn: string): Provider {
	const { protocol, host, username, pathname } = new URL(dsn);
	const [, before, project] = pathname.match(/^(.*)\/([^/]+)$/) ?? [];
	const url = `${protocol}//${host}${before ?? ""}/api/${project}/envelope/`;
	return (report) => {
		const event_id = randomUUID().replaceAll("-", "");
		const event = {
			event_id,
			timestamp: report.timeMs / 1000,
			platform: "node",
			level: "error",
			environment,
			transaction: report.event,
			// The innermost cause comes first.
			exception: {
				values: chainOf(report)
					.map(({ name, message }) => ({ type: name, value: message }))
					.reverse(),
			},
			tags: Object.fromEntries(Object.entries(report.fields).map(([name, value]) => [name, String(value)])),
			extra: { stack: report.error?.stack },
		};
		const lines = [{ event_id, sent_at: new Date(report.timeMs).toISOString() }, { type: "event" }, event];
		return {
			url,
			headers: {
				"Content-Type": "application/x-sentry-envelope",
				"X-Sentry-Auth": `Sentry sentry_version=7, sentry_key=${username}, sentry_client=stentor-chat-router/1`,
			},
			body: `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`,
		};
	};
}

/** An item with a chain of traces, see Rollbar's documentation, "Create item". */
function rollbar(environment: string, token: string, url = "https://api.rollbar.com/api/1/item/"): Provider {
	return (report) => {
		const trace_chain = chainOf(report).map(({ name, message, stack = "" }) => ({
			frames: stack
				.split("\n")
				.slice(1)
				.map((line) => ({ filename: line.trim() }))
				.reverse(),
			exception: { class: name, message },
		}));
		const data = {
			environment,
			level: "error",
			timestamp: Math.floor(report.timeMs / 1000),
			platform: "node",
			language: "javascript",
			title: report.event,
			custom: report.fields,
			body: { trace_chain },
		};
		return {
			url,
			headers: { "Content-Type": JSON_TYPE, "X-Rollbar-Access-Token": token },
			body: JSON.stringify({ data }),
		};
	};
}

/** A log event, see Better Stack's documentation, "Ingesting logs" over HTTP. */
function logtail(environment: string, token: string, url: string): Provider {
	return ({ event, error, fields, timeMs }) => ({
		url,
		headers: { "Content-Type": JSON_TYPE, Authorization: `Bearer ${token}` },
		body: JSON.stringify({
			dt: new Date(timeMs).toISOString(),
			level: "error",
			message: event,
			environment,
			...fields,
			error,
		}),
	});
}

/** The error and its causes, the outermost first; each has a name. */
function chainOf({ event, error }: Report): (DescribedError & { readonly name: string })[] {
	const chain: (DescribedError & { readonly name: string })[] = [];
	for (let at = error ?? { message: event }; ; at = at.cause) {
		chain.push({ ...at, name: at.name ?? "Error" });
		if (!at.cause) return chain;
	}
}
