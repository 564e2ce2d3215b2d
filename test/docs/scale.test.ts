import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { markdown } from "../../bench/measure/table.js";
import { scaleTables } from "../../bench/scale/reckon.js";

const counts = JSON.parse(readFileSync("bench/scale/counts.json", "utf8"));
const page = readFileSync("docs/scale.md", "utf8");

test.each(scaleTables(counts).map((table) => [table.title, markdown(table)]))(
	"docs/scale.md has the table that is reckoned: %s",
	(_, table) => {
		expect(page).toContain(table);
	},
);

test("docs/scale.md says how many units words for searching are", () => {
	expect(page).toContain(`Of the write units, ${counts.units.searchWrite} are words`);
	expect(page).toContain(
		`instead of the ${((counts.units.write - counts.units.searchWrite) / counts.messages).toFixed(2)} here`,
	);
});

test("a busier bot and more conversations cost more", () => {
	const [, prices] = scaleTables(counts);
	const [, more] = scaleTables({ ...counts, asked: 2 * counts.asked });
	const total = (table: typeof prices) => Number(String(table?.rows.at(-2)?.at(-1)).replaceAll(",", ""));
	expect(total(more)).toBeGreaterThan(total(prices));
});
