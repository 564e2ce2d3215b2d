import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { ERRORS } from "../../src/protocol/errors.js";

test("docs/errors.md lists the codes of src/protocol/errors.ts, and means the same", () => {
	const rows = readFileSync("docs/errors.md", "utf8").matchAll(/^\| `(\w+)` \| (yes|no) \| (.+) \| .+ \|$/gm);
	const documented = [...rows].map(([, code, again, means]) => [code, { retryable: again === "yes", means }]);
	expect(Object.fromEntries(documented)).toEqual(ERRORS);
	expect(documented).toHaveLength(Object.keys(ERRORS).length);
});
