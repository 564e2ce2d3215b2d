/** Text as it may stand in HTML, also inside quotes. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export interface PageParts {
	readonly title: string;
	/** Of the body; for the stylesheet. */
	readonly kind: "shop" | "desk";
	readonly main: string;
	/** What comes after the content: scripts. */
	readonly scripts?: string;
}

const ICON =
	"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cellipse cx='16' cy='16' rx='10' ry='14' fill='%232f5d4a' transform='rotate(30 16 16)'/%3E%3Cpath d='M22 5C12 12 21 19 10 27' fill='none' stroke='%23f7f1e6' stroke-width='2.4'/%3E%3C/svg%3E";

/** A whole page. `main` and `scripts` are HTML. */
export function page({ title, kind, main, scripts = "" }: PageParts): string {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/assets/demo.css">
</head>
<body class="${kind}">
${main}
${scripts}
</body>
</html>
`;
}

export interface WidgetParts {
	/** The session that an agent watches; without it, it's a visitor's widget. */
	readonly session?: string;
	/** The WebSocket's address. Default: `/ws` of the server that the page is from. */
	readonly server?: string;
}

/** The published widget, as a visitor's or, in an agent's view of a session, as an agent's. */
export function widget(app: string, { session, server }: WidgetParts = {}): string {
	const watched = session === undefined ? "" : ` data-session="${escapeHtml(session)}"`;
	const elsewhere = server === undefined ? "" : ` data-server="${escapeHtml(server)}"`;
	return `<script src="/assets/demo.js" data-app="${escapeHtml(app)}"${watched}${elsewhere}></script>
<script id="xapp-js" src="/widget/xapp-chat-widget.js" defer></script>`;
}
