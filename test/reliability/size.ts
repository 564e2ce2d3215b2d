/** How many of something, times `RELIABILITY` (default 1). */
export function size(usual: number): number {
	return Math.ceil(usual * Number(process.env.RELIABILITY ?? 1));
}
