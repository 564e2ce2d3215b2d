/**
 * What `make` gives, made when it's first asked for, and kept. Schemas take longer to make than their code to load, and most
 * processes, such as a Lambda's, need few of them.
 */
// @__NO_SIDE_EFFECTS__
export function atFirstUse<T extends object>(make: () => T): () => T {
	let made: T | undefined;
	return () => {
		made ??= make();
		return made;
	};
}
