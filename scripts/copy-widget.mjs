// Puts the published chat widget, as it is, beside the server that serves it.
import { cpSync } from "node:fs";

const from = new URL("../node_modules/@xapp/chat-widget/", import.meta.url);
const to = new URL("../dist/widget/", import.meta.url);
for (const file of ["dist/xapp-chat-widget.js", "dist/xapp-chat-widget.css", "LICENSE.md"]) {
	cpSync(new URL(file, from), new URL(file.replace("dist/", ""), to));
}
