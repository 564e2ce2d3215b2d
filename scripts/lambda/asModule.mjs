/** How esbuild makes a minified module for Lambda's Node of packages that may be CommonJS. */
export const asModule = {
	bundle: true,
	minify: true,
	platform: "node",
	target: "node22",
	format: "esm",
	mainFields: ["module", "main"],
	conditions: ["module"],
	banner: {
		js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
	},
};
