import type { Apps } from "./Apps.js";

/**
 * What `STUDIO_APP_ID` does in single-app deployments: every connection belongs to this app, whatever its `appId` says,
 * and no other app is listed.
 */
export function fixedApp(apps: Apps, id: string): Apps {
	return {
		get: () => apps.get(id),
		async list() {
			const app = await apps.get(id);
			return app ? [app] : [];
		},
	};
}
