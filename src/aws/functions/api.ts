import type { Hono } from "hono";
import { apiOf } from "../../crm/apiOf.js";
import type { ApiEnv } from "../../crm/http/ApiPorts.js";
import { serverKeys } from "../../server/aliasSecret.js";
import { plain } from "../../server/http/Reply.js";
import { TOPIC } from "../../server/topic.js";
import { version } from "../../server/version.js";
import type { HttpEvent, HttpResult } from "../events.js";
import { pathOf, requestOf, resultOf, resultOfReply } from "../http.js";
import { type Service, serve } from "../openService.js";

let serving: { readonly by: Service; readonly api: Hono<ApiEnv> } | undefined;

/** The REST API, and `/readyz`. */
export function handler(event: HttpEvent): Promise<HttpResult> {
	return serve(async (service) => {
		if (pathOf(event) === "/readyz") return resultOfReply(await readiness(service));
		if (serving?.by !== service) serving = { by: service, api: open(service) };
		const address = event.requestContext.http.sourceIp;
		return resultOf(await serving.api.fetch(requestOf(event), { address }));
	});
}

function open({ settings, crm, storage, apps, monitor }: Service): Hono<ApiEnv> {
	const { jwtSecret: secret, allowedOrigins, requestsPerSecond, requestBurst } = settings;
	return apiOf(crm, {
		topic: TOPIC,
		storage,
		apps,
		monitor,
		clock: Date.now,
		secret,
		allowedOrigins,
		about: { title: "stentor-chat-router", version: version() },
		limits: {
			perActor: { perSecond: requestsPerSecond, burst: requestBurst },
			perAddress: { perSecond: 2 * requestsPerSecond, burst: 2 * requestBurst },
		},
	});
}

async function readiness({ storage }: Service) {
	const isReady = await storage.get(serverKeys, ["alias"]).then(Boolean, () => false);
	return isReady ? plain(200, "ready") : plain(503, "the storage does not answer");
}
