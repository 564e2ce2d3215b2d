// Bundles each function of serverless.yml into build/aws/<name>/ (`LAMBDAS_DIR` names another folder): what it needs at once in index.mjs, and what it may need
// later (a vendor's library, mostly) in files that are loaded then. Prints nothing; `--sizes` says how large they are.
// Names of functions have only those bundled; the path of another file has it bundled as if it were one.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { asModule } from "./lambda/asModule.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = `${root}${process.env.LAMBDAS_DIR || "build/aws"}`;
const FUNCTIONS = "src/aws/functions/";
const named = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const entries = named.map((word) => (word.endsWith(".ts") ? word : `${FUNCTIONS}${word}.ts`));
if (entries.length === 0) entries.push(...readdirSync(root + FUNCTIONS).map((file) => FUNCTIONS + file));
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/** What the pages serve as it was published. */
const SERVED = {
	"@xapp/chat-widget": { to: "widget", files: ["dist/xapp-chat-widget.js", "dist/xapp-chat-widget.css", "LICENSE.md"] },
	"swagger-ui-dist": { to: "api-docs", files: ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"] },
};

/** Functions that read or keep files. */
const WITH_FILES = ["ws", "api", "scheduled"];

/**
 * Libraries behind an `import()` that a function never comes to, so that it doesn't carry them: Lambda reads the streams
 * itself, and has the credentials in the environment.
 */
function neverCalled(name) {
	return [
		"@aws-sdk/client-dynamodb-streams",
		...["http", "ini", "login", "process", "sso", "web-identity"].map((each) => `@aws-sdk/credential-provider-${each}`),
		"@smithy/credential-provider-imds",
		...(WITH_FILES.includes(name) ? [] : FOR_FILES),
	];
}

/** AWS's clients tell their versions, and would carry all of their package.json for that. */
const versionsAlone = {
	name: "versions alone",
	setup({ onLoad }) {
		onLoad({ filter: /@aws-sdk\/client-[\w-]+\/package\.json$/ }, ({ path }) => {
			const { version: itsVersion } = JSON.parse(readFileSync(path, "utf8"));
			return { contents: JSON.stringify({ version: itsVersion }), loader: "json" };
		});
	},
};

/**
 * Libraries that are loaded for files and for nothing else. Bundled by themselves: what they share with the clients that
 * every function loads when it starts would bring all that they use of it along.
 */
const FOR_FILES = ["@aws-sdk/client-s3", "@aws-sdk/s3-request-presigner"];

const filesApart = {
	name: "files apart",
	setup({ onResolve }) {
		onResolve({ filter: /^@aws-sdk\// }, ({ path, kind }) =>
			kind === "dynamic-import" && FOR_FILES.includes(path)
				? { path: `./${basename(path)}.mjs`, external: true }
				: undefined,
		);
	},
};

/** It's there for what it does, and would be left out, as `package.json` says of all our files that they do nothing. */
const STACKS = `${root}scripts/lambda/sourceStacks.mjs`;
const stacks = {
	name: "stacks",
	setup({ onResolve }) {
		onResolve({ filter: /sourceStacks\.mjs$/ }, () => ({ path: STACKS, sideEffects: true }));
	},
};

for (const entry of entries) {
	const name = basename(entry, ".ts");
	const outdir = `${built}/${name}`;
	rmSync(outdir, { recursive: true, force: true });
	mkdirSync(outdir, { recursive: true });
	const common = {
		outdir,
		...asModule,
		splitting: true,
		legalComments: "none",
		sourcemap: "linked",
		sourcesContent: false,
		metafile: true,
		outExtension: { ".js": ".mjs" },
		// Bots are sent JSON, never forms: their library's table of all media types is half of what posts to them.
		alias: {
			"form-data": `${root}scripts/lambda/noForms.mjs`,
			"mnemonist/lru-cache": `${root}scripts/lambda/endpointCache.mjs`,
		},
		inject: [STACKS],
		external: neverCalled(name),
		logLevel: "warning",
	};
	const { metafile } = await build({
		...common,
		entryPoints: { index: root + entry },
		plugins: [stacks, versionsAlone, filesApart],
	});
	if (WITH_FILES.includes(name)) {
		const entryPoints = FOR_FILES.map((path) => ({ in: path, out: basename(path) }));
		const { metafile: apart } = await build({ ...common, entryPoints, plugins: [versionsAlone] });
		Object.assign(metafile.outputs, apart.outputs);
	}
	writeFileSync(`${outdir}/package.json`, `${JSON.stringify({ name, version, type: "module" })}\n`);
	writeFileSync(`${built}/${name}.meta.json`, JSON.stringify(metafile));
	if (name === "html") serve(outdir);
	if (process.argv.includes("--sizes")) console.log(name, sizesOf(metafile, entry));
}

function serve(outdir) {
	for (const [name, { to, files }] of Object.entries(SERVED)) {
		for (const file of files)
			cpSync(`${root}node_modules/${name}/${file}`, `${outdir}/${to}/${file.replace("dist/", "")}`);
	}
}

/** In bytes: of what is loaded when a function starts, and of all its code. */
function sizesOf({ outputs }, source) {
	const code = Object.entries(outputs).filter(([file]) => file.endsWith(".mjs"));
	const [entry] = code.find(([, { entryPoint }]) => entryPoint?.endsWith(source));
	const loaded = new Set();
	const load = (file) => {
		if (loaded.has(file)) return;
		loaded.add(file);
		for (const { path, kind, external } of outputs[file].imports) {
			if (!external && kind === "import-statement") load(path);
		}
	};
	load(entry);
	const sum = (files) => files.reduce((bytes, file) => bytes + outputs[file].bytes, 0);
	return { atStart: sum([...loaded]), all: sum(code.map(([file]) => file)) };
}
