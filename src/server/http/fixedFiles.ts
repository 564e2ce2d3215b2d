import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import type { Asked, Handler } from "./Routes.js";

const WIDGET_FILES = {
	"xapp-chat-widget.js": "text/javascript; charset=utf-8",
	"xapp-chat-widget.css": "text/css; charset=utf-8",
} as const;

/** Routes to the published widget's files, unmodified. */
export function widgetRoutes(): Record<string, { GET: Handler }> {
	const folder = widgetFolder();
	return Object.fromEntries(
		Object.entries(WIDGET_FILES).map(([name, type]) => {
			return [`/widget/${name}`, { GET: fixedFile(readFileSync(new URL(name, folder)), type) }];
		}),
	);
}

/** Beside the built server; when the sources run, in the widget's own package. */
function widgetFolder(): URL {
	const built = new URL("./widget/", import.meta.url);
	if (existsSync(built)) return built;
	return new URL("dist/", pathToFileURL(createRequire(import.meta.url).resolve("@xapp/chat-widget/package.json")));
}

/** Serves what stays the same as long as this process runs. */
export function fixedFile(content: string | Buffer, type: string): Handler {
	const body = Buffer.from(content);
	const packed = gzipSync(body);
	const tag = createHash("sha256").update(body).digest("base64url").slice(0, 22);
	return (request) => {
		const isPacked = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
		const etag = isPacked ? `"${tag}-gzip"` : `"${tag}"`;
		const headers = {
			"Content-Type": type,
			"Cache-Control": "public, max-age=300",
			ETag: etag,
			Vary: "Accept-Encoding",
			...(isPacked && { "Content-Encoding": "gzip" }),
		};
		if (isKnown(request, etag)) return { status: 304, headers, body: "" };
		return { status: 200, headers, body: isPacked ? packed : body };
	};
}

function isKnown({ headers }: Asked, etag: string): boolean {
	const known = headers["if-none-match"]?.split(",").map((each) => each.trim().replace(/^W\//, ""));
	return known?.some((each) => each === etag || each === "*") ?? false;
}
