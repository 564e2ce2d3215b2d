/**
 * Stands for `mnemonist/lru-cache` in the functions: DynamoDB's library keeps endpoints in it that were discovered, and
 * none are, as nobody turns discovery on.
 */
export default class EndpointCache extends Map {
	// biome-ignore lint/complexity/noUselessConstructor: it is given how many to keep, which a Map would not take.
	constructor() {
		super();
	}

	peek(key) {
		return this.get(key);
	}
}
