/**
 * Measures each subject once a round, the order turned round each time, so that what disturbs the machine for a while
 * disturbs all of them. Answers the measurements by subject, in the order of the rounds.
 */
export async function inTurns<S extends { readonly name: string }, M>(
	subjects: readonly S[],
	rounds: number,
	measure: (subject: S, round: number) => Promise<M>,
): Promise<Map<string, M[]>> {
	const measured = new Map<string, M[]>(subjects.map(({ name }) => [name, []]));
	for (let round = 0; round < rounds; round++) {
		const order = round % 2 === 0 ? subjects : [...subjects].reverse();
		for (const subject of order) {
			process.stderr.write(`  round ${round + 1} of ${rounds}: ${subject.name}\n`);
			measured.get(subject.name)?.push(await measure(subject, round));
		}
	}
	return measured;
}

/** A subject's value in each round, divided by that of another one in the same round. */
export function ratios<M>(
	measured: ReadonlyMap<string, readonly M[]>,
	of: string,
	to: string,
	value: (measurement: M) => number,
): number[] {
	const base = measured.get(to) ?? [];
	return (measured.get(of) ?? []).flatMap((measurement, round) => {
		const against = base[round];
		return against === undefined ? [] : value(measurement) / value(against);
	});
}
