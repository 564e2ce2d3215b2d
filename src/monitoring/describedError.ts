export interface DescribedError {
	readonly name?: string;
	readonly code?: string;
	readonly message: string;
	readonly stack?: string;
	readonly cause?: DescribedError;
}

/** How far down the causes of an error are told. */
const CAUSES = 5;

/** An error by what's known to be safe: other properties (a request that failed, say) could hold what logs may not. */
export function describedError(error: unknown, causes = CAUSES): DescribedError | undefined {
	if (error === undefined) return undefined;
	if (!(error instanceof Error)) return { message: typeof error === "string" ? error : `a thrown ${typeof error}` };
	const { name, message, stack, cause } = error;
	const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
	return { name, code, message, stack, cause: causes > 0 ? describedError(cause, causes - 1) : undefined };
}
