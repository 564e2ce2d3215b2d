import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { awsCollections } from "../../src/aws/collections.js";
import { ACCESS, roleId, roleResources, tableId, tableResources } from "../../src/aws/template/index.js";
import { type Template, templateFaults } from "../support/templateFaults.js";

const HINT = "run node scripts/write-aws-template.mjs";

interface Statement {
	readonly Action: readonly string[];
	readonly Resource: unknown;
}

function written(name: string): Record<string, { Properties: Record<string, never> }> {
	return JSON.parse(readFileSync(`aws/${name}.json`, "utf8")).Resources;
}

function statementsOf(name: string): Statement[] {
	const policies = (written("roles")[roleId(name)]?.Properties.Policies ?? []) as readonly {
		PolicyDocument: { Statement: (Statement | { "Fn::If": [string, Statement, unknown] })[] };
	}[];
	const [policy] = policies;
	return (policy?.PolicyDocument.Statement ?? []).map((each) => ("Fn::If" in each ? each["Fn::If"][1] : each));
}

describe("the deployment's tables", () => {
	test(`are what the collections declare (if not: ${HINT})`, () => {
		expect(written("tables")).toEqual(tableResources());
	});

	test("hold every collection, are paid per request, and can be restored", () => {
		const tables = written("tables");
		expect(Object.keys(tables).sort()).toEqual(awsCollections.map(tableId).sort());
		for (const { Properties } of Object.values(tables)) {
			expect(Properties).toMatchObject({
				BillingMode: "PAY_PER_REQUEST",
				PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
			});
			expect(String(Properties.DeletionProtectionEnabled)).toContain("keepsData");
		}
	});

	test("have streams where functions read them", () => {
		const streams = Object.entries(written("tables")).filter(([, { Properties }]) => Properties.StreamSpecification);
		const read = Object.values(ACCESS).flatMap((access) => ("streams" in access ? access.streams : []));
		expect(streams.map(([id]) => id).sort()).toEqual([...read].sort());
	});
});

describe("what functions may do", () => {
	test(`is what the sources say (if not: ${HINT})`, () => {
		expect(written("roles")).toEqual(roleResources());
	});

	test.each(Object.keys(ACCESS))("%s: nothing by a star, but traces, which know no resources", (name) => {
		const statements = statementsOf(name);
		expect(statements.length).toBeGreaterThan(1);
		for (const { Action, Resource } of statements) {
			expect(Action.filter((each) => each.includes("*"))).toEqual([]);
			if (Resource === "*") expect(Action.every((each) => each.startsWith("xray:"))).toBe(true);
			// A star stands for connections, files, log streams and versions, whose names nobody knows before.
			const text = JSON.stringify(Resource).replace(
				/(@connections|quarantine|served|-(ws|authorise|greeting|worker|api|app|html|scheduled):)\/?\*"/g,
				'"',
			);
			if (Resource !== "*") expect(text).not.toContain("*");
		}
	});

	test("names collections that there are", () => {
		const known = awsCollections.map(({ name }) => name);
		for (const { tables } of Object.values(ACCESS)) {
			expect(tables.filter((name) => !known.includes(name))).toEqual([]);
			expect(new Set(tables).size).toBe(tables.length);
		}
	});

	test("the authoriser reads single tickets, and nothing sends mails or publishes", () => {
		const reads = statementsOf("authorise").filter(({ Action }) => Action.some((each) => each.startsWith("dynamodb:")));
		expect(reads).toEqual([
			{ Effect: "Allow", Action: ["dynamodb:GetItem"], Resource: [{ "Fn::GetAtt": ["ConnectTicketsTable", "Arn"] }] },
		]);
		const all = Object.keys(ACCESS).flatMap((name) => statementsOf(name).flatMap(({ Action }) => Action));
		expect(all.filter((each) => /^(ses|sns):/.test(each))).toEqual([]);
	});

	test("pages and the demo bot reach no table, file or connection", () => {
		for (const name of ["html", "app"]) {
			const actions = statementsOf(name).flatMap(({ Action }) => Action);
			expect(actions.filter((each) => /^(dynamodb|s3|execute-api):/.test(each))).toEqual([]);
		}
	});
});

describe("the firewall's template", () => {
	const template: Template = JSON.parse(readFileSync("aws/firewall.json", "utf8"));

	test("is what AWS's schemas of its resources allow, and stands in front of both APIs", () => {
		expect(templateFaults(template)).toEqual([]);
		for (const id of ["Api", "Connections"]) {
			expect(template.Resources[id]?.Properties).toMatchObject({
				DistributionConfig: {
					Enabled: true,
					WebACLId: { "Fn::GetAtt": ["Firewall", "Arn"] },
					// Else one person's error is everybody's for ten seconds.
					CustomErrorResponses: [500, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
					DefaultCacheBehavior: { AllowedMethods: expect.arrayContaining(["OPTIONS", "PUT", "POST", "DELETE"]) },
				},
			});
		}
	});

	test.each([
		["there is no AWS::WAFv2::WebAcl", ["Firewall", "Type"], "AWS::WAFv2::WebAcl"],
		["Firewall.Scope may not be GLOBAL", ["Firewall", "Properties", "Scope"], "GLOBAL"],
		["Firewall lacks DefaultAction", ["Firewall", "Properties", "DefaultAction"], undefined],
		["Firewall has no Rule", ["Firewall", "Properties", "Rule"], []],
		["there is no Limit", ["Api", "Properties", "DistributionConfig", "Comment"], { Ref: "Limit" }],
		["Firewall.Rules is no list", ["Firewall", "Properties", "Rules"], {}],
		["Rules[0].Priority is no whole number", ["Firewall", "Properties", "Rules", "0", "Priority"], "first"],
		[
			"Firewall has no attribute Name",
			["Api", "Properties", "DistributionConfig", "WebACLId"],
			{ "Fn::GetAtt": ["Firewall", "Name"] },
		],
		[
			"DistributionConfig.Enabled is neither true nor false",
			["Api", "Properties", "DistributionConfig", "Enabled"],
			"yes",
		],
		[
			"DistributionConfig.Enabled is neither",
			["Api", "Properties", "DistributionConfig", "Enabled"],
			{ "Fn::If": ["X", true, 1] },
		],
	])("would be found wrong where it is: %s", (fault, path, value) => {
		const wrong = structuredClone(template) as { Resources: Record<string, unknown> };
		const last = String(path.at(-1));
		const holder = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, wrong.Resources);
		if (value === undefined) delete holder[last];
		else holder[last] = value;
		expect(templateFaults(wrong as Template).join("\n")).toContain(fault);
	});
});

test("docs/aws.md tells every variable that a deployment takes, and every function", () => {
	const told = readFileSync("docs/aws.md", "utf8");
	const files = ["serverless.yml", "aws/environment.yml"].map((file) => readFileSync(file, "utf8"));
	// Those of the builds and of `npm run offline` are for nobody to set.
	const ours = ["AWS_REGION", "LAMBDAS_DIR", "ENVIRONMENT_OF", "ADMIN_PASSWORD"];
	const taken = files.flatMap((text) =>
		[...text.matchAll(/(?:env|limits\.cjs\)):(\w+)/g)].map(([, name = ""]) => name),
	);
	expect(taken.length).toBeGreaterThan(20);
	expect([...new Set(taken)].filter((name) => !ours.includes(name) && !told.includes(`\`${name}\``))).toEqual([]);
	expect(Object.keys(ACCESS).filter((name) => !told.includes(`| \`${name}\` |`))).toEqual([]);
});
