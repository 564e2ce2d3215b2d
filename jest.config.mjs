import { readFileSync } from "node:fs";

const { compilerOptions } = JSON.parse(readFileSync(new URL("tsconfig.json", import.meta.url), "utf8"));

/** Our own package's name means its sources. */
const own = Object.entries(compilerOptions.paths).map(([name, [source]]) => [
	`^${name}$`,
	source.replace(".", "<rootDir>"),
]);

/** ES modules are run as they are written: `node --experimental-vm-modules`, see the `test` script. */
export default {
	testEnvironment: "node",
	extensionsToTreatAsEsm: [".ts"],
	moduleNameMapper: {
		"/writerFile\\.js$": "<rootDir>/test/support/writerFile.ts",
		"^(\\.{1,2}/.*)\\.js$": "$1",
		...Object.fromEntries(own),
	},
	transform: {
		"^.+\\.ts$": [
			"@swc/jest",
			{ jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } },
		],
	},
	// What was packed names its folders as libraries are called.
	modulePathIgnorePatterns: ["<rootDir>/build/", "<rootDir>/bench/.build/"],
	testMatch: ["<rootDir>/test/**/*.test.ts", "<rootDir>/src/**/*.test.ts"],
	globalSetup: "<rootDir>/test/support/beforeAllFiles.mjs",
	globalTeardown: "<rootDir>/test/support/afterAllFiles.mjs",
	maxWorkers: 2,
	testTimeout: 60_000,
};
