import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { compilerOptions } = JSON.parse(readFileSync("tsconfig.json", "utf8"));

/** What can be imported and where its source is: `paths` in tsconfig.json. */
const entry = Object.fromEntries(
	Object.entries<[string]>(compilerOptions.paths).map(([name, [source]]) => [name.split("/")[1] ?? "index", source]),
);

/** Splitting makes the entries of one format share their code, so that a class is the same class in all of them. */
const shared = { platform: "node", target: "node20", splitting: true } as const;

/** What is run by itself: a command, and the thread that writes to a database file (writerFile.ts). */
const programs = { cli: "src/server/cli.ts", "libsql-writer": "src/storage/libsql/writerProgram.ts" };

const esm = { ...shared, entry: { ...entry, ...programs }, format: "esm" } as const;
const cjs = { ...shared, entry, format: "cjs", shims: true } as const;

/** `--dts-only`: types are checked and bundled once for both formats. */
const types = { ...shared, entry, format: ["esm" as const, "cjs" as const] };

export default defineConfig(({ watch, dts }) => (dts ? types : watch ? esm : [esm, cjs]));
