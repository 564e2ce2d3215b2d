import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { fixedFile } from "../http/fixedFiles.js";
import { html } from "../http/Reply.js";
import type { Handler, RouteTable } from "../http/Routes.js";

const SCRIPT = "text/javascript; charset=utf-8";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The REST API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="stylesheet" href="/api/docs/page.css">
</head>
<body>
<div id="docs"><noscript>This page needs JavaScript. The document itself is at <a href="/api/openapi.json">/api/openapi.json</a>.</noscript></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/page.js"></script>
</body>
</html>
`;

/** What makes room for small screens. */
const PAGE_CSS = `body { margin: 0; background: #fff; }
.swagger-ui .info { margin: 24px 0; }
.swagger-ui .wrapper { padding: 0 16px; box-sizing: border-box; }
@media (max-width: 640px) {
	.swagger-ui .opblock .opblock-summary { flex-wrap: wrap; }
	.swagger-ui .opblock .opblock-summary-path { max-width: 100%; word-break: break-word; }
	.swagger-ui .opblock-body { overflow-x: auto; }
	.swagger-ui .scheme-container { padding: 12px 0; }
}
`;

/** Without an address of a validator, or the document would be told to a stranger's server. */
const PAGE_JS = `SwaggerUIBundle({
	url: "/api/openapi.json",
	dom_id: "#docs",
	deepLinking: true,
	docExpansion: "list",
	defaultModelsExpandDepth: 0,
	validatorUrl: null,
});
`;

/** The API's documentation as a page, with everything that it's made of. */
export function docsRoutes(): RouteTable {
	return {
		"/api/docs": { GET: () => html(PAGE) },
		"/api/docs/page.css": { GET: fixedFile(PAGE_CSS, "text/css; charset=utf-8") },
		"/api/docs/page.js": { GET: fixedFile(PAGE_JS, SCRIPT) },
		"/api/docs/swagger-ui.css": { GET: readWhenAsked("swagger-ui.css", "text/css; charset=utf-8") },
		"/api/docs/swagger-ui-bundle.js": { GET: readWhenAsked("swagger-ui-bundle.js", SCRIPT) },
	};
}

/** They're large, and most servers are never asked for them. */
function readWhenAsked(name: string, type: string): Handler {
	let handler: Handler | undefined;
	return (request, url) => {
		handler ??= fixedFile(readFileSync(new URL(name, folder())), type);
		return handler(request, url);
	};
}

/** Beside the built server; when the sources run, in the package that they are of. */
function folder(): URL {
	const built = new URL("./api-docs/", import.meta.url);
	if (existsSync(built)) return built;
	return new URL("./", pathToFileURL(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json")));
}
