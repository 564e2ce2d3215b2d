import { describe, expect, test } from "@jest/globals";
import { callbackUrl } from "../../src/transport/apigateway/index.js";

describe("callbackUrl", () => {
	test.each([
		["abc123.execute-api.eu-west-1.amazonaws.com", "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"],
		["abc123.execute-api.cn-north-1.amazonaws.com.cn", "https://abc123.execute-api.cn-north-1.amazonaws.com.cn/prod"],
		["abc123.execute-api-fips.us-east-1.amazonaws.com", "https://abc123.execute-api-fips.us-east-1.amazonaws.com/prod"],
		["abc123.execute-api.us-east-1.api.aws", "https://abc123.execute-api.us-east-1.api.aws/prod"],
		["chat.example.com", "https://chat.example.com"],
		["execute-api.example.com", "https://execute-api.example.com"],
	])("of an event from %s is %s", (domainName, url) => {
		expect(callbackUrl({ domainName, stage: "prod" }, {})).toBe(url);
	});

	test.each([
		["https://chat.example.com/support", "https://chat.example.com/support"],
		["wss://abc.execute-api.eu-west-1.amazonaws.com/prod/", "https://abc.execute-api.eu-west-1.amazonaws.com/prod"],
		[
			"https://abc.execute-api.eu-west-1.amazonaws.com/prod/@connections",
			"https://abc.execute-api.eu-west-1.amazonaws.com/prod",
		],
		["http://localhost:3001", "http://localhost:3001"],
		[" ws://localhost:3001/ ", "http://localhost:3001"],
	])("is what CONNECTION_SERVER_URL says: %s", (configured, url) => {
		const context = { domainName: "abc123.execute-api.eu-west-1.amazonaws.com", stage: "prod" };
		expect(callbackUrl(context, { CONNECTION_SERVER_URL: configured })).toBe(url);
	});

	test.each(["chat.example.com", "ftp://chat.example.com", "localhost:3001"])(
		"refuses %s, naming the variable",
		(configured) => {
			expect(() => callbackUrl({}, { CONNECTION_SERVER_URL: configured })).toThrow(
				expect.objectContaining({
					code: "configuration_invalid",
					message: expect.stringContaining("CONNECTION_SERVER_URL"),
				}),
			);
		},
	);

	test("without a domain asks for the variable; an empty one counts as not set", () => {
		expect(() => callbackUrl({ stage: "prod" }, { CONNECTION_SERVER_URL: "" })).toThrow(/CONNECTION_SERVER_URL/);
	});
});
