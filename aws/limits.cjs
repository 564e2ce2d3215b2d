// What API Gateway lets through, a second and at once. As numbers: CloudFormation passes a route's settings on as they are,
// and variables of the environment are text. docs/aws.md explains each; an empty one counts as none.
const DEFAULTS = {
	REQUESTS_PER_SECOND_IN_ALL: 1_000,
	REQUEST_BURST_IN_ALL: 2_000,
	WEBHOOKS_PER_SECOND_IN_ALL: 500,
	WEBHOOK_BURST_IN_ALL: 1_000,
	FRAMES_PER_SECOND_IN_ALL: 1_000,
	FRAME_BURST_IN_ALL: 2_000,
	CONNECTS_PER_SECOND_IN_ALL: 500,
	CONNECT_BURST_IN_ALL: 500,
};

module.exports = Object.fromEntries(
	Object.entries(DEFAULTS).map(([name, byDefault]) => [name, Number(process.env[name] || byDefault)]),
);
