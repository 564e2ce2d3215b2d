/** A test runner's way to say a test, e.g. jest's `test`. */
export type Runner = (name: string, run: () => Promise<void>) => void;

/** Says tests each of which gets what is tested fresh from `open`, and closes it. */
export function checksOf<T extends { close?(): Promise<void> | void }>(
	test: Runner,
	open: () => Promise<T>,
): (name: string, run: (given: T) => Promise<void>) => void {
	return (name, run) =>
		test(name, async () => {
			const given = await open();
			try {
				await run(given);
			} finally {
				await given.close?.();
			}
		});
}
