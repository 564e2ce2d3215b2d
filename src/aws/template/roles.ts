import type { AnyCollection } from "../../storage/Storage.js";
import { awsCollections } from "../collections.js";
import { ACCESS, type Access } from "./access.js";
import type { Resources } from "./Resource.js";
import { tableId } from "./tables.js";

interface Statement {
	readonly Effect: "Allow";
	readonly Action: readonly string[];
	readonly Resource: unknown;
}

/** What `Storage`'s calls need; nothing here reads a whole table. */
const ITEMS = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];

/** The logical id of a function's role. */
export function roleId(name: string): string {
	return `${name.charAt(0).toUpperCase()}${name.slice(1)}Role`;
}

/** A role for each function, with what it needs and nothing else. */
export function roleResources(): Resources {
	return Object.fromEntries(Object.entries(ACCESS).map(([name, access]) => [roleId(name), roleOf(name, access)]));
}

function roleOf(name: string, access: Access): Resources[string] {
	return {
		Type: "AWS::IAM::Role",
		Properties: {
			AssumeRolePolicyDocument: {
				Version: "2012-10-17",
				Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
			},
			Policies: [{ PolicyName: name, PolicyDocument: { Version: "2012-10-17", Statement: statements(name, access) } }],
		},
	};
}

function statements(name: string, access: Access): readonly unknown[] {
	const { tables, looksInto = [], connections, files, secrets, apps, streams } = access;
	const log = sub(`log-group:/aws/lambda/\${self:service}-\${sls:stage}-${name}:*`, "logs");
	return [
		allow(["logs:CreateLogStream", "logs:PutLogEvents"], log),
		// X-Ray knows no resources.
		allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"),
		...tablesOf(tables),
		...(looksInto.length > 0 ? [allow(["dynamodb:GetItem"], tablesNamed(looksInto).map(arnOf))] : []),
		...(streams
			? [
					allow(
						["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"].map((each) => `dynamodb:${each}`),
						streams.map((table) => attribute(table, "StreamArn")),
					),
					allow(["sqs:SendMessage"], attribute("FailuresQueue", "Arn")),
				]
			: []),
		...(connections
			? [
					allow(
						["execute-api:ManageConnections"],
						["POST", "DELETE"].map((method) =>
							sub(`\${WebsocketsApi}/\${sls:stage}/${method}/@connections/*`, "execute-api"),
						),
					),
				]
			: []),
		...(files
			? [
					allow(
						["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
						["quarantine", "served"].map((area) => ({ "Fn::Sub": `\${FilesBucket.Arn}/${area}/*` })),
					),
					allow(["s3:ListBucket"], attribute("FilesBucket", "Arn")),
				]
			: []),
		...(secrets.length > 0
			? [
					allow(
						["secretsmanager:GetSecretValue"],
						secrets.map((Ref) => ({ Ref })),
					),
				]
			: []),
		...(apps ? [ifAny("HasAppsSecret", allow(["secretsmanager:GetSecretValue"], appsSecret))] : []),
	];
}

/** Secrets Manager ends an ARN by six characters of its own. */
const appsSecret = sub(`secret:\${self:custom.appsSecret}-??????`, "secretsmanager");

function tablesOf(names: readonly string[]): Statement[] {
	const wanted = tablesNamed(names);
	if (wanted.length === 0) return [];
	const indexes = wanted.flatMap((collection) =>
		Object.keys(collection.indexes ?? {}).map((index) => ({
			"Fn::Sub": `\${${tableId(collection)}.Arn}/index/${index}`,
		})),
	);
	return [
		allow(
			ITEMS.map((each) => `dynamodb:${each}`),
			wanted.map(arnOf),
		),
		allow(["dynamodb:Query"], indexes),
	];
}

function tablesNamed(names: readonly string[]): AnyCollection[] {
	return awsCollections.filter(({ name }) => names.includes(name));
}

function arnOf(collection: AnyCollection) {
	return attribute(tableId(collection), "Arn");
}

function allow(Action: readonly string[], Resource: unknown): Statement {
	return { Effect: "Allow", Action, Resource };
}

function attribute(id: string, name: string) {
	return { "Fn::GetAtt": [id, name] };
}

function sub(resource: string, service: string) {
	return { "Fn::Sub": `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}` };
}

function ifAny(condition: string, statement: Statement) {
	return { "Fn::If": [condition, statement, { Ref: "AWS::NoValue" }] };
}
