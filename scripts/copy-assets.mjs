// Puts what is served as it was published beside the server that serves it: the chat widget, and the API's documentation.
import { cpSync } from "node:fs";

const SERVED = {
	"@xapp/chat-widget": { to: "widget", files: ["dist/xapp-chat-widget.js", "dist/xapp-chat-widget.css", "LICENSE.md"] },
	"swagger-ui-dist": { to: "api-docs", files: ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"] },
};

for (const [name, { to, files }] of Object.entries(SERVED)) {
	const from = new URL(`../node_modules/${name}/`, import.meta.url);
	const target = new URL(`../dist/${to}/`, import.meta.url);
	for (const file of files) cpSync(new URL(file, from), new URL(file.replace("dist/", ""), target));
}
