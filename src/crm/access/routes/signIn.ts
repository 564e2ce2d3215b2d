import * as z from "zod/mini";
import type { Agents } from "../../agents/Agents.js";
import { agent } from "../../agents/shape.js";
import type { AuditTrail } from "../../audit/AuditTrail.js";
import { none, one } from "../../http/answers.js";
import { route } from "../../http/Route.js";
import { login, refreshRequest, type SignedIn, type SignIn } from "../SignIn.js";
import { auditedSignIn, noteSession } from "./auditedSignIn.js";

const signedIn: z.ZodMiniType<SignedIn> = z
	.strictObject({
		agent,
		role: z.enum(["agent", "admin"]),
		accessToken: z.string().with(z.meta({ description: "For `Authorization: Bearer`." })),
		refreshToken: z
			.string()
			.with(z.meta({ description: "Good once, at `/auth/refresh`, which answers the next one." })),
		expiresIn: z.int().with(z.meta({ description: "How long the access token lasts, in seconds." })),
	})
	.with(z.meta({ id: "SignedIn" }));

export interface SignInServices {
	readonly signIn: SignIn;
	readonly audit: AuditTrail;
	readonly agents: Agents;
}

/** How agents and admins come in. Nobody needs to be somebody for it. */
export function signInRoutes({ signIn, audit, agents }: SignInServices) {
	return [
		route({
			method: "post",
			path: "/auth/login",
			action: "auth.login",
			operationId: "login",
			summary: "Sign in",
			description: "By e-mail address and password. Ten wrong ones in 15 minutes, and it's too many attempts.",
			body: login(),
			answer: one(signedIn),
			throws: ["credentials_invalid", "too_many_attempts"],
			touches: undefined,
			handle: ({ app, body, address, requestId }) =>
				auditedSignIn({ audit, agents }, { app, email: body.email, address, requestId }, () =>
					signIn.login(app, body, address),
				),
		}),
		route({
			method: "post",
			path: "/auth/refresh",
			action: "auth.refresh",
			operationId: "refresh",
			summary: "Stay signed in",
			description: "A refresh token that comes a second time ends what it belongs to: it's in two hands.",
			body: refreshRequest(),
			answer: one(signedIn),
			throws: ["token_invalid"],
			touches: undefined,
			async handle({ app, body, address, requestId }) {
				const signedIn = await signIn.refresh(app, body.refreshToken);
				const { role, agent } = signedIn;
				await noteSession(audit, "auth.refresh", { id: agent.id, role }, { app, address, requestId });
				return signedIn;
			},
		}),
		route({
			method: "post",
			path: "/auth/logout",
			action: "auth.logout",
			operationId: "logout",
			summary: "Sign out",
			description: "The access token lasts until its end; `/agents/{id}/revoke` ends that too.",
			body: refreshRequest(),
			answer: none,
			throws: ["token_invalid"],
			touches: undefined,
			async handle({ app, body, address, requestId }) {
				const who = await signIn.logout(app, body.refreshToken);
				await noteSession(audit, "auth.logout", who, { app, address, requestId });
			},
		}),
	] as const;
}
