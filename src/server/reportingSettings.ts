import type { Reporting } from "../monitoring/reports/providers.js";
import { RouterError } from "../protocol/errors.js";
import { type Environment, isWebAddress } from "./settings.js";

/** The names of all that's read here. */
export const REPORTING_VARIABLES = [
	"MONITORING_PROVIDER",
	"MONITORING_ENVIRONMENT",
	"SENTRY_DSN",
	"ROLLBAR_ACCESS_TOKEN",
	"LOGTAIL_TOKEN",
	"LOGTAIL_HTTP_API_URL",
] as const;

/**
 * Where errors are sent besides the log, if anywhere; apart from the other settings, because Lambdas that send none don't
 * load it. Throws `configuration_invalid` with a sentence that names the variable that is wrong or missing.
 */
export function readReporting(environment: Environment): Reporting | undefined {
	const { MONITORING_PROVIDER: provider } = environment;
	const common = { environment: environment.MONITORING_ENVIRONMENT || "production" };
	// What Sentry takes; it drops others in silence.
	if (!/^(?!None$)[^\s/]{1,64}$/.test(common.environment)) {
		return wrong('MONITORING_ENVIRONMENT must have at most 64 characters, no spaces and no "/", and not be "None"');
	}
	const needed = (name: string) =>
		environment[name] || wrong(`${name} must be set for MONITORING_PROVIDER=${provider}`);
	const address = (name: string, value: string) =>
		isWebAddress(value) ? value : wrong(`${name} must be an https address`);
	switch (provider) {
		case undefined:
		case "":
			return undefined;
		case "sentry":
			return { ...common, provider, dsn: address("SENTRY_DSN", needed("SENTRY_DSN")) };
		case "rollbar":
			return { ...common, provider, token: needed("ROLLBAR_ACCESS_TOKEN") };
		case "logtail": {
			const url = environment.LOGTAIL_HTTP_API_URL || "https://in.logs.betterstack.com";
			return { ...common, provider, token: needed("LOGTAIL_TOKEN"), url: address("LOGTAIL_HTTP_API_URL", url) };
		}
		default:
			return wrong('MONITORING_PROVIDER must be "sentry", "rollbar" or "logtail"');
	}
}

function wrong(sentence: string): never {
	throw new RouterError("configuration_invalid", `${sentence}.`);
}
