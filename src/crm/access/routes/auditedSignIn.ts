import { asRouterError } from "../../../protocol/errors.js";
import type { Agents } from "../../agents/Agents.js";
import type { AuditTrail } from "../../audit/AuditTrail.js";
import { wideNetworkOf } from "../../http/audited.js";
import type { SignedIn } from "../SignIn.js";

export interface SigningIn {
	readonly app: string;
	/** As it was given; it's only looked up. */
	readonly email: string;
	readonly address: string;
	readonly requestId: string;
}

/**
 * Signs in by `work`, and notes who did, or that somebody couldn't. Tries that are too many aren't noted: who makes them
 * would fill the trail.
 */
export async function auditedSignIn(
	{ audit, agents }: { readonly audit: Pick<AuditTrail, "note">; readonly agents: Pick<Agents, "idByEmail"> },
	{ app, email, address, requestId }: SigningIn,
	work: () => Promise<SignedIn>,
): Promise<SignedIn> {
	const common = { action: "auth.login", requestId, network: wideNetworkOf(address) };
	let signedIn: SignedIn;
	try {
		signedIn = await work();
	} catch (error) {
		if (asRouterError(error).code === "credentials_invalid") {
			const subject = { kind: "agent", id: await agents.idByEmail(app, email) };
			await audit.note(app, { ...common, actor: { role: "unknown" }, subject, outcome: "refused" });
		}
		throw error;
	}
	const { role, agent } = signedIn;
	await audit.note(app, {
		...common,
		actor: { role, id: agent.id },
		subject: { kind: "agent", id: agent.id },
		outcome: "done",
	});
	return signedIn;
}

/** Notes that somebody of the staff did this with what they signed in by. */
export async function noteSession(
	audit: Pick<AuditTrail, "note">,
	action: "auth.refresh" | "auth.logout",
	{ id, role }: { readonly id: string; readonly role: SignedIn["role"] },
	{ app, address, requestId }: Pick<SigningIn, "app" | "address" | "requestId">,
): Promise<void> {
	const network = wideNetworkOf(address);
	const subject = { kind: "agent", id };
	await audit.note(app, { actor: { role, id }, action, subject, outcome: "done", requestId, network });
}
