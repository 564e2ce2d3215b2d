// Imports and requires every subpath as a user does: both forms give the same names, one class is one class
// everywhere, and the main entry loads no vendor's library before it is needed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { name, exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const require = createRequire(import.meta.url);
const subpaths = Object.keys(exports).filter((subpath) => subpath !== "./package.json");

for (const subpath of subpaths) {
	const specifier = name + subpath.slice(1);
	const required = require(specifier);
	if (subpath === ".") {
		const vendors = /node_modules.(@aws-sdk|@smithy|@libsql|libsql|ws)\W/;
		assert.deepEqual(
			Object.keys(require.cache).filter((file) => vendors.test(file)),
			[],
			`${name} loads too much`,
		);
	}
	const names = (module) =>
		Object.keys(module)
			.filter((key) => !["default", "__esModule", "module.exports"].includes(key))
			.sort();
	assert.deepEqual(names(await import(specifier)), names(required), `${specifier}: import and require differ`);
	assert.notEqual(names(required).length, 0, `${specifier} exports nothing`);
}

for (const load of [async (specifier) => require(specifier), (specifier) => import(specifier)]) {
	const modules = await Promise.all(subpaths.map((subpath) => load(name + subpath.slice(1))));
	const classes = new Map();
	for (const [key, value] of modules.flatMap((module) => Object.entries(module))) {
		assert.equal(classes.get(key) ?? value, value, `${key} differs between subpaths`);
		classes.set(key, value);
	}
}
console.log(`${name}: ${subpaths.length} subpaths import and require alike`);
