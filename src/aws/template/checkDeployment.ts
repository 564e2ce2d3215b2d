import * as z from "zod/mini";
import { RouterError } from "../../protocol/errors.js";
import { safeParse } from "../../protocol/safeParse.js";
import { checkNames } from "../../server/misspelt.js";
import { readReporting } from "../../server/reportingSettings.js";
import { type Environment, readSettings } from "../../server/settings.js";

/** Days that CloudWatch keeps logs for (`RetentionInDays` of `AWS::Logs::LogGroup`). */
const RETENTIONS = [
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const atMost = (most: number) =>
	z.optional(
		z
			.string()
			.check(
				z.refine(
					(text) => /^[1-9]\d{0,8}$/.test(text) && Number(text) <= most,
					`must be a whole number from 1 to ${most}`,
				),
			),
	);

const domain = z.optional(
	z
		.string()
		.check(
			z.regex(
				/^(?=.{1,253}$)([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]{2,63}$/,
				"must be a domain, such as chat.example.com",
			),
		),
);

/** What's set when deploying, besides what the server reads. */
const variables = z.object({
	AWS_REGION: z.optional(
		z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region's name, such as eu-central-1")),
	),
	KEEP_DATA: z.optional(
		z.enum(["true", "false"], { error: 'must be "true", or "false" for a stage that is thrown away' }),
	),
	CONNECT_AUTHORIZER: z.optional(z.enum(["true", "false"], { error: 'must be "true" or "false"' })),
	ALARM_EMAIL: z.optional(z.email("must be an e-mail address")),
	LOG_RETENTION_DAYS: z.optional(
		z
			.string()
			.check(z.refine((days) => RETENTIONS.map(String).includes(days), `must be one of ${RETENTIONS.join(", ")}`)),
	),
	APPS_SECRET_ID: z.optional(
		z.string().check(z.regex(/^[\w/+=.@-]{1,512}$/, "must be a secret's name: letters, digits and / _ + = . @ - only")),
	),
	PUBLIC_DOMAIN: domain,
	CONNECTION_DOMAIN: domain,
	CERTIFICATE_ARN: z.optional(
		z
			.string()
			.check(
				z.regex(/^arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/, "must be the ARN of a certificate of ACM"),
			),
	),
	REQUESTS_PER_SECOND_IN_ALL: atMost(1_000_000),
	REQUEST_BURST_IN_ALL: atMost(1_000_000),
	WEBHOOKS_PER_SECOND_IN_ALL: atMost(1_000_000),
	WEBHOOK_BURST_IN_ALL: atMost(1_000_000),
	FRAMES_PER_SECOND_IN_ALL: atMost(1_000_000),
	FRAME_BURST_IN_ALL: atMost(1_000_000),
	CONNECTS_PER_SECOND_IN_ALL: atMost(1_000_000),
	CONNECT_BURST_IN_ALL: atMost(1_000_000),
});

/** How `MONITORING_PROVIDER` knows us: what stands for it here, where nobody has it. */
const REPORTING_SECRETS = { SENTRY_DSN: "https://key@sentry.invalid/1", ROLLBAR_ACCESS_TOKEN: "-", LOGTAIL_TOKEN: "-" };

/** They're read from the settings secret; set here they would be in the stack's template for all to read, or for nothing. */
const SECRETS = ["JWT_SECRET", "BOT_KEY", "IDENTITY_SECRET", "ADMIN_PASSWORD", ...Object.keys(REPORTING_SECRETS)];

/**
 * Checks the variables that a deployment to AWS is made with. Throws `configuration_invalid` with a sentence that names
 * the first one that is wrong.
 */
export function checkDeployment(environment: Environment): void {
	const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
	checkNames(given, {}, Object.keys(variables.shape));
	const secret = SECRETS.find((name) => given[name] !== undefined);
	if (secret !== undefined) {
		throw invalid(`${secret} isn't taken from the environment when deploying; unset it, and put it into a secret`);
	}
	const parsed = safeParse(variables, given);
	const [issue] = parsed.error?.issues ?? [];
	if (issue) throw invalid(`${issue.path.join(".")} ${issue.message}`);
	if (given.APPS_SECRET_ID && (given.STUDIO_APP_ID || given.BOT_URL)) {
		throw invalid("APPS_SECRET_ID stands in place of STUDIO_APP_ID and BOT_URL; unset the ones or the other");
	}
	checkDomains(given);
	readReporting({ ...given, ...REPORTING_SECRETS });
	// Their defaults are for a server on one's own machine; what they must be like is the same.
	readSettings(given);
}

function checkDomains({ PUBLIC_DOMAIN, CONNECTION_DOMAIN, CERTIFICATE_ARN, CONNECTION_SERVER_URL }: Environment): void {
	const own = PUBLIC_DOMAIN ?? CONNECTION_DOMAIN;
	if (own && !CERTIFICATE_ARN) throw invalid("CERTIFICATE_ARN must be set where PUBLIC_DOMAIN or CONNECTION_DOMAIN is");
	if (CERTIFICATE_ARN && !own)
		throw invalid("CERTIFICATE_ARN is for PUBLIC_DOMAIN and CONNECTION_DOMAIN; set one of them");
	if (own && PUBLIC_DOMAIN === CONNECTION_DOMAIN) {
		throw invalid("PUBLIC_DOMAIN and CONNECTION_DOMAIN must differ: API Gateway takes a domain for one kind of API");
	}
	if (CONNECTION_DOMAIN && CONNECTION_SERVER_URL) {
		throw invalid("CONNECTION_SERVER_URL is for a domain that was made elsewhere; unset it, or CONNECTION_DOMAIN");
	}
}

function invalid(sentence: string): RouterError {
	return new RouterError("configuration_invalid", `${sentence} (docs/aws.md lists all variables).`);
}
