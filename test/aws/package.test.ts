import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Access } from "../../src/aws/template/access.js";
import { ACCESS, type FunctionName, roleId } from "../../src/aws/template/index.js";
import { namedIn, templateFaults } from "../support/templateFaults.js";
import { zipNames } from "./zipNames.js";

/** Kibibytes that a connection's Lambda loads when it starts. */
const WS_AT_START = 600;

const GIVEN = {
	WEBHOOKS_PER_SECOND_IN_ALL: "70",
	FRAMES_PER_SECOND_IN_ALL: "",
	CONNECT_AUTHORIZER: "true",
	PUBLIC_DOMAIN: "chat.example.com",
	CONNECTION_DOMAIN: "connect.chat.example.com",
	CERTIFICATE_ARN: "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000",
};

const folder = mkdtempSync(join(tmpdir(), "osls-package-"));
const built = `build/test-${process.pid}`;
const functions = Object.keys(ACCESS) as FunctionName[];

interface Template {
	readonly Resources: Record<string, { readonly Type: string; readonly Properties?: Record<string, unknown> }>;
	readonly Conditions: Readonly<Record<string, unknown>>;
	readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}
let template: Template;

beforeAll(async () => {
	const cli = "node_modules/serverless/bin/serverless.js";
	const { AWS_PROFILE: _, AWS_ACCESS_KEY_ID: __, ...env } = process.env;
	await promisify(execFile)(process.execPath, [cli, "package", "--stage", "test", "--package", folder], {
		env: { ...env, ...GIVEN, LAMBDAS_DIR: built, SLS_NOTIFICATIONS_MODE: "off", SLS_TELEMETRY_DISABLED: "1" },
	});
	template = JSON.parse(readFileSync(join(folder, "cloudformation-template-update-stack.json"), "utf8"));
}, 300_000);

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
	rmSync(built, { recursive: true, force: true });
});

describe("osls package, without credentials", () => {
	test("makes each function of its own files and role", () => {
		for (const name of functions) {
			const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
			expect(template.Resources[id]?.Properties).toMatchObject({
				Runtime: "nodejs22.x",
				Architectures: ["arm64"],
				Handler: `${built}/${name}/index.handler`,
				Role: { "Fn::GetAtt": [roleId(name), "Arn"] },
				TracingConfig: { Mode: "Active" },
			});
			const files = zipNames(join(folder, `${name}.zip`));
			expect(files).toContain(`${built}/${name}/index.mjs`);
			expect(files).toContain(`${built}/${name}/index.mjs.map`);
			expect(files.filter((file) => !file.startsWith(`${built}/${name}/`))).toEqual([]);
		}
		const all = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
		expect(all).toHaveLength(functions.length);
	});

	test("is what AWS's schemas of its resources allow", () => {
		expect(Object.keys(template.Resources).length).toBeGreaterThan(50);
		expect(templateFaults(template)).toEqual([]);
	});

	test("holds nothing that waits for itself, and every condition that it names", () => {
		const needs = new Map(Object.entries(template.Resources).map(([id, resource]) => [id, namedIn(resource)]));
		const done = new Set<string>();
		const follow = (id: string, path: readonly string[]): void => {
			expect(path).not.toContain(id);
			if (done.has(id)) return;
			for (const next of needs.get(id) ?? []) follow(next, [...path, id]);
			done.add(id);
		};
		for (const id of needs.keys()) follow(id, []);
		expect(conditionsIn(template).filter((name) => !Object.hasOwn(template.Conditions, name))).toEqual([]);
	});

	test("gives each API a domain of one's own, by a certificate, and tells functions of it", () => {
		const mapped = Object.values(template.Resources).flatMap(({ Type, Properties = {} }) => {
			if (Type !== "AWS::ApiGatewayV2::ApiMapping") return [];
			const domain = template.Resources[refIn(Properties.DomainName)]?.Properties;
			expect(domain?.DomainNameConfigurations).toEqual([
				{ CertificateArn: GIVEN.CERTIFICATE_ARN, EndpointType: "REGIONAL", SecurityPolicy: "TLS_1_2" },
			]);
			const api = template.Resources[refIn(Properties.ApiId)]?.Properties;
			return [[domain?.DomainName, api?.ProtocolType, Properties.Stage, Properties.ApiMappingKey]];
		});
		expect(mapped).toEqual([
			[GIVEN.PUBLIC_DOMAIN, "HTTP", "$default", undefined],
			[GIVEN.CONNECTION_DOMAIN, "WEBSOCKET", "test", undefined],
		]);
		const own = (name: string, address: string) => ({ "Fn::If": [name, address, expect.anything()] });
		const page = own("HasPublicDomain", `https://${GIVEN.PUBLIC_DOMAIN}`);
		const connections = own("HasConnectionDomain", `wss://${GIVEN.CONNECTION_DOMAIN}`);
		const told = (id: string) => template.Resources[id]?.Properties?.Environment;
		expect(told("HtmlLambdaFunction")).toMatchObject({ Variables: { CONNECTION_SERVER_URL: connections } });
		expect(told("WsLambdaFunction")).toMatchObject({ Variables: { PUBLIC_URL: page, CONNECTION_SERVER_URL: "" } });
		expect(template.Outputs).toMatchObject({ PageUrl: { Value: page }, ConnectionServerUrl: { Value: connections } });
	});

	test("routes connections, requests and schedules", () => {
		const of = (type: string) => Object.values(template.Resources).filter(({ Type }) => Type === type);
		const routes = of("AWS::ApiGatewayV2::Route").map(({ Properties }) => Properties?.RouteKey);
		expect(routes.sort()).toEqual(
			[
				// Of both APIs: frames, and pages.
				"$default",
				"$connect",
				"$default",
				"$disconnect",
				"ANY /api/{proxy+}",
				"GET /api/docs",
				"GET /api/docs/{proxy+}",
				"GET /readyz",
				"POST /demo-bot",
			].sort(),
		);
		expect(of("AWS::Events::Rule").map(({ Properties }) => Properties?.ScheduleExpression)).toEqual([
			"rate(1 minute)",
			"rate(2 minutes)",
		]);
		expect(of("AWS::Lambda::EventSourceMapping")).toHaveLength(4);
	});

	test("asks the authoriser about everybody who connects, with a ticket or without", () => {
		const resources = Object.entries(template.Resources);
		const authorisers = resources.filter(([, { Type }]) => Type === "AWS::ApiGatewayV2::Authorizer");
		expect(authorisers.map(([, { Properties }]) => Properties)).toEqual([
			expect.objectContaining({ ApiId: { Ref: "WebsocketsApi" }, AuthorizerType: "REQUEST", IdentitySource: [] }),
		]);
		const [[Ref] = []] = authorisers;
		const asked = resources.flatMap(([, { Properties = {} }]) => (Properties.AuthorizerId ? [Properties] : []));
		expect(asked).toEqual([
			expect.objectContaining({ RouteKey: "$connect", AuthorizationType: "CUSTOM", AuthorizerId: { Ref } }),
		]);
	});

	test("lets so much through, with numbers, of routes that there are by then", () => {
		const routes = new Map<string, string>();
		const stages: [string, Template["Resources"][string]][] = [];
		for (const [id, resource] of Object.entries(template.Resources)) {
			const { Type, Properties = {} } = resource;
			if (Type === "AWS::ApiGatewayV2::Stage") stages.push([id, resource]);
			if (Type === "AWS::ApiGatewayV2::Route")
				routes.set(`${JSON.stringify(Properties.ApiId)} ${Properties.RouteKey}`, id);
		}
		const limits = stages.flatMap(([id, { Properties: { ApiId, DefaultRouteSettings, RouteSettings } = {} }]) => {
			const own = Object.entries(RouteSettings ?? {});
			for (const [key] of own) {
				expect([...neededBy(template, id)]).toContain(routes.get(`${JSON.stringify(ApiId)} ${key}`));
			}
			return [["else", DefaultRouteSettings], ...own];
		});
		const settings = (rate: number, burst: number) => ({
			DetailedMetricsEnabled: true,
			ThrottlingRateLimit: rate,
			ThrottlingBurstLimit: burst,
		});
		expect(limits).toEqual([
			["else", settings(1_000, 2_000)],
			["$connect", settings(500, 500)],
			["else", settings(1_000, 2_000)],
			["POST /demo-bot", settings(70, 1_000)],
		]);
	});

	test("gives each alarm somebody who is told", () => {
		const alarms = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::CloudWatch::Alarm");
		expect(alarms.length).toBeGreaterThan(functions.length);
		for (const { Properties } of alarms) expect(Properties?.AlarmActions).toEqual([{ Ref: "AlarmsTopic" }]);
		const body = template.Resources.Dashboard?.Properties?.DashboardBody as { "Fn::Sub": string };
		const { widgets } = JSON.parse(body["Fn::Sub"]) as { widgets: { properties: { metrics: unknown[][] } }[] };
		expect(widgets.length).toBeGreaterThan(5);
		const ours = widgets.flatMap(({ properties }) => properties.metrics).filter(([of]) => of === "stentor-chat");
		const alarming = alarms.flatMap(({ Properties }) => {
			if (Properties?.Namespace !== "stentor-chat") return [];
			expect(Properties.Dimensions).toEqual([{ Name: "Deployment", Value: "stentor-chat-test-" }]);
			return [Properties.MetricName];
		});
		expect(ours.map(([, , ...dimension]) => dimension)).toEqual(ours.map(() => ["Deployment", "stentor-chat-test-"]));
		const shown = ours.map(([, name]) => String(name));
		expect(shown).toEqual(expect.arrayContaining(alarming));
		expect(shown.sort()).toEqual([
			"Answers",
			"Deliveries",
			"FailedTurns",
			"Failures",
			"GoneConnections",
			"Messages",
			"TurnLatency",
			"UnhandledTurns",
		]);
	});
});

describe("a function's bundle", () => {
	test("carries no vendor's library that the function doesn't call", () => {
		for (const name of functions) {
			const access: Access = ACCESS[name];
			const called = [
				(access.tables.length > 0 || access.looksInto) && "client-dynamodb",
				access.connections && "client-apigatewaymanagementapi",
				access.files && "client-s3",
				access.files && "s3-request-presigner",
				access.secrets.length > 0 && "client-secrets-manager",
			].filter(Boolean);
			const inputs = Object.values(outputsOf(name)).flatMap(({ inputs }) => Object.keys(inputs));
			const carried = inputs.flatMap(
				(file) => file.match(/@aws-sdk\/(client-[\w-]+|s3-request-presigner)\//)?.[1] ?? [],
			);
			expect([name, ...new Set(carried)].sort()).toEqual([name, ...called].sort());
			expect(inputs.filter((file) => /node_modules\/(libsql|ws|@hono\/node-server)\//.test(file))).toEqual([]);
		}
	});

	test(`of connections loads at most ${WS_AT_START} KB when it starts, with its AWS clients`, () => {
		expect(loadedAtStart(outputsOf("ws"))).toBeLessThanOrEqual(WS_AT_START * 1024);
	});

	test.each(functions)("of %s has the stacks of its errors name our source, line by line", async (name) => {
		const event = `new Proxy({}, { get() { throw new Error("an event that nobody sends"); } })`;
		const call = `await import("./${built}/${name}/index.mjs").then(({ handler }) => handler(${event}))`;
		const code = `${call}.then(() => console.log("served"), (error) => console.log(error.stack));`;
		const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
			env: {
				PATH: process.env.PATH,
				AWS_REGION: "eu-central-1",
				AWS_ACCESS_KEY_ID: "local",
				AWS_SECRET_ACCESS_KEY: "local",
				AWS_ENDPOINT_URL_DYNAMODB: "http://127.0.0.1:1",
				TABLE_PREFIX: "test-",
				FILES_BUCKET: "files",
				FILES_URL: "http://127.0.0.1:1",
				JWT_SECRET: "a secret of 32 bytes, or of more.",
			},
		});
		const [head, ...frames] = stdout.trimEnd().split("\n");
		expect(head).toMatch(/Error: (an event that nobody sends|DynamoDB did not do it)/);
		expect(frames.filter((frame) => /\bsrc\/[\w/]+\.ts:\d+:\d+/.test(frame))).not.toEqual([]);
		expect(frames.filter((frame) => /index\.mjs|chunk-/.test(frame))).toEqual([]);
	});
});

interface Output {
	readonly bytes: number;
	readonly entryPoint?: string;
	readonly inputs: object;
	readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

/** What esbuild made, by file; without source maps. */
function outputsOf(name: string): Record<string, Output> {
	const { outputs } = JSON.parse(readFileSync(`${built}/${name}.meta.json`, "utf8"));
	return Object.fromEntries(Object.entries<Output>(outputs).filter(([file]) => file.endsWith(".mjs")));
}

function loadedAtStart(outputs: Record<string, Output>): number {
	const loaded = new Set<string>();
	const load = (file: string) => {
		if (loaded.has(file)) return;
		loaded.add(file);
		for (const { path, kind, external } of outputs[file]?.imports ?? []) {
			if (!external && kind === "import-statement") load(path);
		}
	};
	for (const [file, { entryPoint }] of Object.entries(outputs)) {
		if (entryPoint?.startsWith("src/aws/functions/")) load(file);
	}
	return [...loaded].reduce((bytes, file) => bytes + (outputs[file]?.bytes ?? 0), 0);
}

function refIn(value: unknown): string {
	return String((value as { readonly Ref?: string }).Ref);
}

/** The conditions that a part of the template names. */
function conditionsIn(part: unknown): string[] {
	if (typeof part !== "object" || part === null) return [];
	const { Condition: own, "Fn::If": choice } = part as { readonly Condition?: unknown; readonly "Fn::If"?: unknown[] };
	const named = [own, choice?.[0]].filter((each) => typeof each === "string");
	return [...named, ...Object.values(part).flatMap(conditionsIn)];
}

/** The logical ids that come before a resource's. */
function neededBy({ Resources }: Template, id: string): Set<string> {
	const needed = new Set<string>();
	const follow = (from: string) => {
		for (const name of namedIn(Resources[from])) {
			if (needed.has(name)) continue;
			needed.add(name);
			follow(name);
		}
	};
	follow(id);
	return needed;
}
