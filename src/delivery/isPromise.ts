/** Whether it's to be waited for; one of another make than this realm's counts, too. */
export function isPromise<T>(result: T | Promise<T>): result is Promise<T> {
	return typeof (result as { then?: unknown } | undefined)?.then === "function";
}
