import { RouterError } from "../protocol/errors.js";
import { REPORTING_VARIABLES } from "./reportingSettings.js";
import { type Environment, SETTINGS } from "./settings.js";

/** Shorter ones differ by a letter from what other programs call theirs. */
const SHORTEST = 10;
/** In a file that is ours alone, there are no others'. */
const SHORTEST_IN_FILE = 4;

/**
 * Throws `configuration_invalid` for a variable that is no setting, but is called nearly like one. `file`: what a `.env`
 * file holds; `others`: settings that only the caller knows.
 */
export function checkNames(environment: Environment, file: Environment = {}, others: readonly string[] = []): void {
	const known = [...SETTINGS, ...REPORTING_VARIABLES, ...others];
	for (const name of Object.keys({ ...environment, ...file })) {
		if (known.includes(name)) continue;
		const shortest = Object.hasOwn(file, name) ? SHORTEST_IN_FILE : SHORTEST;
		const meant = known.find((each) => each.length >= shortest && edits(name, each) <= (each.length < 16 ? 1 : 2));
		if (meant === undefined) continue;
		throw new RouterError("configuration_invalid", `${name} isn't a setting; did you mean ${meant}?`);
	}
}

/** How many letters have to be added, taken away, replaced, or exchanged with their neighbour, to make the one the other. */
function edits(one: string, other: string): number {
	const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, j) => j)];
	const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
	for (let i = 1; i <= one.length; i++) {
		const row = [i];
		rows.push(row);
		for (let j = 1; j <= other.length; j++) {
			const replaced = at(i - 1, j - 1) + (one[i - 1] === other[j - 1] ? 0 : 1);
			const isExchanged = one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
			const exchanged = isExchanged ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
			row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, exchanged));
		}
	}
	return at(one.length, other.length);
}
