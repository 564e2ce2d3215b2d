/** What is answered to an HTTP request. */
export interface Reply {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string | Buffer;
}

const UTF8 = "charset=utf-8";

/** A page; it's made for whoever asks, so nobody keeps it. */
export function html(body: string, status = 200): Reply {
	return { status, headers: { "Content-Type": `text/html; ${UTF8}`, "Cache-Control": "no-store" }, body };
}

export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
	return {
		status,
		headers: { "Content-Type": `text/plain; ${UTF8}`, "Cache-Control": "no-store", ...headers },
		body: `${body}\n`,
	};
}

export function json(body: string, status = 200): Reply {
	return { status, headers: { "Content-Type": "application/json", "Cache-Control": "no-store" }, body };
}

/** Sends the browser on by GET. */
export function seeOther(location: string, headers: Readonly<Record<string, string>> = {}): Reply {
	return plain(303, `See ${location}`, { Location: location, ...headers });
}

/**
 * What every answer says. Pages run scripts of ours only; the widget writes its own <style>, and shows pictures from
 * wherever a bot has them. It also looks for fonts elsewhere, which is refused: the page brings its own.
 */
export const SECURITY_HEADERS = {
	"Content-Security-Policy": [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' data: https:",
		"connect-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
	].join("; "),
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy": "same-origin",
	"Cross-Origin-Opener-Policy": "same-origin",
} as const;
