import type { Import } from "./imports.js";

interface Area {
	/** A file of src/, or all files below a folder; `*` is any one folder. The first that fits is the file's. */
	readonly area: string;
	/** The other areas it may import from. */
	readonly imports: readonly string[] | "all";
	/** The packages and modules of Node that it may import; a `*` at the end stands for the rest. */
	readonly packages: readonly string[] | "all";
}

const CONTRACTS = [
	"storage/Storage.ts",
	"storage/TextIndex.ts",
	"storage/wordsOf.ts",
	"transport/Transport.ts",
	"connectors/Connector.ts",
	"connectors/Desk.ts",
	"connectors/Tickets.ts",
	"apps/Apps.ts",
	"monitoring/Monitor.ts",
	"blobs/BlobStore.ts",
];
const PURE = ["node:crypto", "zod"];

/** The arrows of the house: see docs/architecture.md. A new folder gets its line here. */
export const AREAS: readonly Area[] = [
	{ area: "protocol/", imports: [], packages: ["zod"] },

	{ area: "storage/TextIndex.ts", imports: ["protocol/"], packages: [] },
	{ area: "storage/wordsOf.ts", imports: [], packages: [] },
	{ area: "storage/Storage.ts", imports: ["protocol/"], packages: [] },
	{ area: "transport/Transport.ts", imports: ["protocol/"], packages: [] },
	{ area: "apps/Apps.ts", imports: ["protocol/"], packages: [] },
	{ area: "monitoring/Monitor.ts", imports: ["protocol/"], packages: [] },
	{ area: "connectors/Connector.ts", imports: ["protocol/", "apps/Apps.ts", "connectors/Desk.ts"], packages: [] },
	{ area: "connectors/Desk.ts", imports: [], packages: [] },
	{ area: "connectors/Tickets.ts", imports: [], packages: [] },
	{ area: "blobs/BlobStore.ts", imports: ["protocol/"], packages: [] },

	{
		area: "delivery/",
		imports: ["protocol/", ...CONTRACTS],
		packages: [...PURE, "p-retry", "node:async_hooks", "node:events", "node:timers/promises"],
	},

	{
		area: "storage/libsql/",
		imports: ["protocol/", "storage/Storage.ts", "storage/TextIndex.ts", "storage/wordsOf.ts", "storage/"],
		packages: ["libsql", "node:*"],
	},
	{
		area: "storage/dynamodb/",
		imports: ["protocol/", "storage/Storage.ts", "storage/TextIndex.ts", "storage/wordsOf.ts", "storage/"],
		packages: ["@aws-sdk/*", "node:*", "p-retry"],
	},
	{
		area: "storage/*/",
		imports: ["protocol/", "storage/Storage.ts", "storage/TextIndex.ts", "storage/wordsOf.ts", "storage/"],
		packages: PURE,
	},
	{ area: "storage/", imports: ["protocol/", "storage/Storage.ts"], packages: PURE },
	{
		area: "transport/apigateway/",
		imports: ["protocol/", ...CONTRACTS, "transport/"],
		packages: ["@aws-sdk/*", "node:*", "p-retry"],
	},
	{ area: "transport/*/", imports: ["protocol/", ...CONTRACTS, "transport/"], packages: ["ws", "node:*"] },
	{ area: "transport/", imports: ["protocol/", ...CONTRACTS], packages: PURE },
	{
		area: "blobs/s3/",
		imports: ["protocol/", "blobs/BlobStore.ts", "blobs/"],
		packages: ["@aws-sdk/*"],
	},
	{ area: "blobs/folder/", imports: ["protocol/", "blobs/BlobStore.ts", "blobs/"], packages: ["zod", "node:*"] },
	{ area: "blobs/", imports: ["protocol/", "blobs/BlobStore.ts"], packages: [] },
	{ area: "apps/", imports: ["protocol/", ...CONTRACTS], packages: [...PURE, "@aws-sdk/client-secrets-manager"] },
	{ area: "monitoring/", imports: ["protocol/", ...CONTRACTS], packages: PURE },

	{
		area: "connectors/*/",
		imports: ["protocol/", "delivery/", "connectors/", ...CONTRACTS],
		packages: [...PURE, "axios", "jose", "p-retry", "node:http", "node:https", "node:timers/promises"],
	},
	{ area: "connectors/", imports: ["protocol/", "delivery/", ...CONTRACTS], packages: PURE },

	{
		area: "crm/*/routes",
		imports: ["protocol/", "crm/attachments/", "crm/*/", "crm/http/", ...CONTRACTS],
		packages: ["zod"],
	},
	{ area: "crm/attachments/", imports: ["protocol/", "delivery/", ...CONTRACTS], packages: ["zod", "node:buffer"] },
	{
		area: "crm/apiOf.ts",
		imports: ["protocol/", "crm/Crm.ts", "crm/Api.ts", "crm/*/", "crm/http/", ...CONTRACTS],
		packages: ["hono"],
	},
	{ area: "crm/Api.ts", imports: ["crm/*/", "crm/*/routes", "crm/http/"], packages: ["hono"] },
	{
		area: "crm/Crm.ts",
		imports: ["protocol/", "delivery/", "crm/attachments/", "crm/*/", "connectors/*/", ...CONTRACTS],
		packages: [],
	},
	{ area: "crm/collections.ts", imports: ["crm/attachments/", "crm/*/", "crm/http/"], packages: [] },
	{
		area: "crm/http/",
		imports: ["protocol/", "delivery/", "crm/*/", ...CONTRACTS],
		packages: [...PURE, "hono", "node:timers/promises"],
	},
	{
		area: "crm/*/",
		imports: ["protocol/", "delivery/", "crm/attachments/", "crm/*/", "connectors/*/", ...CONTRACTS],
		packages: [...PURE, "jose", "node:timers/promises"],
	},

	// Only types come from elsewhere: it runs in browsers.
	{ area: "client/", imports: ["protocol/", "crm/Api.ts", "crm/http/"], packages: ["hono"] },

	{ area: "testing/", imports: "all", packages: "all" },
	{ area: "handlers/", imports: "all", packages: "all" },
	{ area: "server/", imports: "all", packages: "all" },
	{ area: "aws/", imports: "all", packages: "all" },
	{ area: "presets/", imports: "all", packages: "all" },
	{ area: "index.ts", imports: "all", packages: "all" },
];

/** The rule that holds for a file, and the part of its path that the rule's name stands for. */
export function areaOf(file: string): (Area & { readonly part: string }) | undefined {
	for (const rule of AREAS) {
		const part = file.match(new RegExp(`^${rule.area.replace("*", "[^/]+")}`))?.[0];
		if (part) return { ...rule, part };
	}
	return undefined;
}

/** What is wrong with an import; undefined when it's allowed. */
export function violation({ file, target, own }: Import): string | undefined {
	const from = areaOf(file);
	if (!from) return `${file}: no line in test/architecture/areas.ts covers it`;
	if (!own) {
		const allowed = from.packages === "all" || from.packages.some((name) => covers(name, target));
		return allowed ? undefined : `${file}: ${from.area} may not import the package ${target}`;
	}
	const to = areaOf(target);
	const allowed = from.imports === "all" || from.part === to?.part || (to && from.imports.includes(to.area));
	return allowed ? undefined : `${file}: ${from.area} may not import ${target}`;
}

function covers(name: string, specifier: string): boolean {
	return name.endsWith("*")
		? specifier.startsWith(name.slice(0, -1))
		: specifier === name || specifier.startsWith(`${name}/`);
}
