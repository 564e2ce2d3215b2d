import { docsRoutes } from "./api/docsRoutes.js";
import { BEAN_SVG, DEMO_JS, DESK_JS } from "./demo/assets.js";
import type { demoBotHandler } from "./demo/demoBot.js";
import { type ShopParts, shopPage } from "./demo/shopPage.js";
import { DEMO_CSS } from "./demo/stylesheet.js";
import { fixedFile, widgetRoutes } from "./http/fixedFiles.js";
import { html, json, plain } from "./http/Reply.js";
import { type RouteTable, readBody } from "./http/Routes.js";

export interface Health {
	isStopping: boolean;
	/** Whether the storage answers. */
	isStored(): Promise<boolean>;
}

export interface RoutedParts {
	readonly app: string;
	readonly shop?: ShopParts;
	readonly health: Health;
	/** Answers at `/demo-bot`, where no other bot does. */
	readonly demoBot?: ReturnType<typeof demoBotHandler>;
}

/** What everybody may ask for. */
export function routeTable({ app, shop, health, demoBot }: RoutedParts): RouteTable {
	const script = "text/javascript; charset=utf-8";
	return {
		"/": { GET: () => html(shopPage(app, shop)) },
		"/assets/demo.css": { GET: fixedFile(DEMO_CSS, "text/css; charset=utf-8") },
		"/assets/demo.js": { GET: fixedFile(DEMO_JS, script) },
		"/assets/desk.js": { GET: fixedFile(DESK_JS, script) },
		"/assets/bean.svg": { GET: fixedFile(BEAN_SVG, "image/svg+xml") },
		...widgetRoutes(),
		...docsRoutes(),
		"/healthz": { GET: () => plain(200, "ok") },
		"/readyz": { GET: () => readiness(health) },
		...(demoBot && {
			"/demo-bot": {
				POST: async (request) => {
					const { status, body } = demoBot(request.headers.authorization, await readBody(request));
					return json(body, status);
				},
			},
		}),
	};
}

/** Whether a load balancer should send people here. */
async function readiness({ isStopping, isStored }: Health) {
	if (isStopping) return plain(503, "stopping");
	const isReady = await isStored().catch(() => false);
	return isReady ? plain(200, "ready") : plain(503, "the storage does not answer");
}
