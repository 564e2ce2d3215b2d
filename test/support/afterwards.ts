import { afterEach } from "@jest/globals";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Has something undone after the test; what came last is undone first. */
export function afterwards(cleanup: () => unknown): void {
	cleanups.push(cleanup);
}

/** Has it closed after the test. */
export function keep<T extends { close(): unknown }>(closable: T): T {
	afterwards(() => closable.close());
	return closable;
}
