/**
 * Where the post office says what it does. Fields hold ids, numbers and codes; message bodies, tokens, session ids and
 * user ids never reach it. `trace` follows one frame from its arrival to the last connection it's sent to.
 */
export interface Monitor {
	debug(event: string, fields?: Fields): void;
	info(event: string, fields?: Fields): void;
	warn(event: string, fields?: Fields): void;
	/** `error` is kept with its causes. */
	error(event: string, error: unknown, fields?: Fields): void;
}

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Says nothing: for tests, and where a library should be quiet until told otherwise. */
export const silent: Monitor = { debug() {}, info() {}, warn() {}, error() {} };
