/** What is read of a handshake. */
export interface Handshake {
	readonly headers: { readonly origin?: string; readonly host?: string };
}

/**
 * Whether the page that a handshake comes from is one of ours: its host is the one that it asks. Behind a proxy that
 * ends TLS the schemes differ, so they aren't compared.
 */
export function isSameOrigin({ headers }: Handshake): boolean {
	const { origin, host } = headers;
	if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
	return new URL(origin).host === host.toLowerCase();
}

/** Whether a handshake may come from where it does. Programs that aren't browsers say no origin. */
export function mayConnect(request: Handshake, allowed: "all" | readonly string[]): boolean {
	const { origin } = request.headers;
	if (origin === undefined || allowed === "all") return true;
	return allowed.includes(origin.toLowerCase()) || isSameOrigin(request);
}
