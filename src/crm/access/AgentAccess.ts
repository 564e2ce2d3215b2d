import type { AgentIdentity, AgentTokenVerifier } from "../../connectors/admin/AdminConnector.js";
import { agentTokens } from "../../connectors/admin/agentToken.js";
import { RouterError } from "../../protocol/errors.js";
import type { Agents } from "../agents/Agents.js";
import type { Accounts } from "./Accounts.js";
import type { StaffActor } from "./Actor.js";

export interface AgentAccessPorts {
	/** What our tokens are signed with. */
	readonly secret: string;
	readonly agents: Agents;
	readonly accounts: Accounts;
	/** Verifies what isn't signed by our secret, such as an OIDC provider's tokens (`oidcTokens`). Default: nothing is. */
	readonly others?: AgentTokenVerifier;
}

/**
 * Whose an agent's token is, as of now: tokens of `SignIn` end when the account's version rises. One without a version
 * (made by the server's owner on the command line) is good for whom the CRM doesn't know as an agent.
 */
export class AgentAccess implements AgentTokenVerifier {
	private readonly ours: AgentTokenVerifier;

	constructor(private readonly ports: AgentAccessPorts) {
		this.ours = agentTokens(ports.secret);
	}

	/** Throws `agent_token_invalid`. */
	async verify(token: string): Promise<AgentIdentity> {
		return (await this.identify(token)).identity;
	}

	/** Who asks for something in this app. Throws `agent_token_invalid`. */
	async actor(app: string, token: string): Promise<StaffActor> {
		const { identity, isOurs } = await this.identify(token);
		const { subject, role, apps, version } = identity;
		if (apps && !apps.includes(app)) throw new RouterError("agent_token_invalid", "The agent token is for other apps.");
		const agent = await this.ports.agents.get(app, subject);
		if (agent && isOurs && version === undefined) throw revoked();
		return { role, app, agentId: subject, departments: agent?.departments ?? [], version };
	}

	private async identify(token: string): Promise<{ readonly identity: AgentIdentity; readonly isOurs: boolean }> {
		const { others, agents, accounts } = this.ports;
		if (others && !(await isSymmetric(token))) return { identity: await others.verify(token), isOurs: false };
		const identity = await this.ours.verify(token);
		const { subject, version, apps = [] } = identity;
		if (version === undefined) {
			for (const each of apps) if (await agents.get(each, subject)) throw revoked();
			return { identity, isOurs: true };
		}
		const [app] = apps;
		if (app === undefined || apps.length > 1) throw revoked();
		const [agent, account] = await Promise.all([agents.get(app, subject), accounts.get(app, subject)]);
		if (!agent || account.version !== version) throw revoked();
		return { identity: { ...identity, role: account.role, name: agent.name }, isOurs: true };
	}
}

async function isSymmetric(token: string): Promise<boolean> {
	const { decodeProtectedHeader } = await import("jose");
	try {
		return decodeProtectedHeader(token).alg?.startsWith("HS") === true;
	} catch (cause) {
		throw new RouterError("agent_token_invalid", undefined, { cause });
	}
}

function revoked(): RouterError {
	return new RouterError("agent_token_invalid", "The agent token was revoked; sign in again.");
}
