import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, Resource, ResourceProperties } from "@aws-cdk/service-spec-types";

/** A CloudFormation template, as JSON. */
export interface Template {
	readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
	readonly Parameters?: object;
	readonly Outputs?: object;
}

type Kind<K extends PropertyType["type"]> = Extract<PropertyType, { type: K }>;
type Check = (value: unknown, type: PropertyType, place: string) => readonly string[];

const spec = loadAwsServiceSpecSync();

/**
 * What is wrong with a template by the schemas of resources that AWS publishes: types, properties and attributes that there
 * aren't, properties that are missing, values of another type, or not among those that are allowed; and references to what
 * it doesn't hold.
 */
export function templateFaults(template: Template): readonly string[] {
	const { Resources, Parameters = {} } = template;
	const typeOf = new Map<string, Resource>();
	const faults = Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) => {
		const [resource] = spec.lookup("resource", "cloudFormationType", "equals", Type);
		if (!resource) return [`${id}: there is no ${Type}`];
		typeOf.set(id, resource);
		return fieldFaults(Properties, resource.properties, id);
	});
	const asked = attributesIn(template).flatMap(([id, attribute]) =>
		typeOf.get(id)?.attributes[attribute] ? [] : [`${id} has no attribute ${attribute}`],
	);
	const known = { ...Resources, ...Parameters };
	const lost = [...namedIn(template)].filter((name) => !(name in known || name.startsWith("AWS::")));
	return [...faults, ...asked, ...lost.map((name) => `there is no ${name}`)];
}

function fieldFaults(given: object, known: ResourceProperties, place: string): readonly string[] {
	const missing = Object.entries(known).flatMap(([name, { required }]) =>
		required && !(name in given) ? [`${place} lacks ${name}`] : [],
	);
	const wrong = Object.entries(given).flatMap(([name, value]) => {
		const property = known[name];
		return property ? faultsOf(value, property.type, `${place}.${name}`) : [`${place} has no ${name}`];
	});
	return [...missing, ...wrong];
}

const faultsOf: Check = (value, type, place) => {
	const [name, argument] = intrinsicIn(value);
	// Which branch it will be is known when it's deployed.
	if (name === "Fn::If") return (argument as unknown[]).slice(1).flatMap((each) => faultsOf(each, type, place));
	return name ? [] : CHECKS[type.type](value, type, place);
};

/** CloudFormation takes a text for what it says: `"60"` is a number, too. */
const isText = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);

const CHECKS: { readonly [K in PropertyType["type"]]: Check } = {
	string(value, type, place) {
		const { allowedValues } = type as Kind<"string">;
		if (!isText(value)) return [`${place} is no text`];
		return !allowedValues || allowedValues.includes(String(value)) ? [] : [`${place} may not be ${value}`];
	},
	integer: (value, _, place) =>
		isText(value) && Number.isInteger(Number(value)) ? [] : [`${place} is no whole number`],
	number: (value, _, place) => (isText(value) && Number.isFinite(Number(value)) ? [] : [`${place} is no number`]),
	boolean: (value, _, place) => (/^(true|false)$/.test(String(value)) ? [] : [`${place} is neither true nor false`]),
	json: (value, _, place) => (typeof value === "object" || typeof value === "string" ? [] : [`${place} is no JSON`]),
	"date-time": (value, _, place) => (isText(value) ? [] : [`${place} is no time`]),
	null: (value, _, place) => (value === null ? [] : [`${place} may hold nothing`]),
	tag: (value, _, place) => (isRecord(value) && "Key" in value && "Value" in value ? [] : [`${place} is no tag`]),
	array(value, type, place) {
		if (!Array.isArray(value)) return [`${place} is no list`];
		return value.flatMap((each, i) => faultsOf(each, (type as Kind<"array">).element, `${place}[${i}]`));
	},
	map(value, type, place) {
		if (!isRecord(value)) return [`${place} is no map`];
		const { element } = type as Kind<"map">;
		return Object.entries(value).flatMap(([name, each]) => faultsOf(each, element, `${place}.${name}`));
	},
	ref(value, type, place) {
		if (!isRecord(value)) return [`${place} is no object`];
		return fieldFaults(value, spec.get("typeDefinition", (type as Kind<"ref">).reference).properties, place);
	},
	union(value, type, place) {
		const tried = (type as Kind<"union">).types.map((each) => faultsOf(value, each, place));
		return tried.find((faults) => faults.length === 0) ?? tried[0] ?? [];
	},
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value that CloudFormation works out. */
function intrinsicIn(value: unknown): readonly [name?: string, argument?: unknown] {
	if (!isRecord(value)) return [];
	const [[name, argument] = ["", undefined], ...others] = Object.entries(value);
	return others.length === 0 && (name === "Ref" || name.startsWith("Fn::")) ? [name, argument] : [];
}

/** The logical ids that a part of the template names. */
export function namedIn(part: unknown): Set<string> {
	const names = new Set<string>();
	const visit = (value: unknown): void => {
		if (typeof value !== "object" || value === null) return;
		if (Array.isArray(value)) {
			value.forEach(visit);
			return;
		}
		const fields = value as Record<string, unknown>;
		if (typeof fields.Ref === "string") names.add(fields.Ref);
		if (Array.isArray(fields["Fn::GetAtt"])) names.add(String(fields["Fn::GetAtt"][0]));
		if (typeof fields["Fn::Sub"] === "string") {
			for (const [, name = ""] of fields["Fn::Sub"].matchAll(/\$\{([\w:]+)(?:\.\w+)*\}/g)) names.add(name);
		}
		const needed = fields.DependsOn;
		if (typeof needed === "string") names.add(needed);
		if (Array.isArray(needed)) for (const each of needed) names.add(String(each));
		Object.values(fields).forEach(visit);
	};
	visit(part);
	return names;
}

/** What attributes of resources are asked for, anywhere. */
function attributesIn(value: unknown): readonly (readonly [id: string, attribute: string])[] {
	const [name, argument] = intrinsicIn(value);
	if (name === "Fn::GetAtt") return [argument as [string, string]];
	const texts = name === "Fn::Sub" ? [argument].flat().filter((each) => typeof each === "string") : [];
	const inTexts = texts.flatMap((text) => [...text.matchAll(/\$\{(\w+)\.([\w.]+)\}/g)]);
	const own = inTexts.map(([, id = "", attribute = ""]) => [id, attribute] as const);
	const inner = typeof value === "object" && value !== null ? Object.values(value).flatMap(attributesIn) : [];
	return [...own, ...inner];
}
