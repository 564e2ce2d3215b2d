const AGENT = "agent/";

/** What connectors call the account of an agent (`Admission.account`). */
export function accountOf(agentId: string): string {
	return `${AGENT}${agentId}`;
}

/** The agent of an account; undefined for somebody else's. */
export function agentIn(account: string): string | undefined {
	return account.startsWith(AGENT) ? account.slice(AGENT.length) : undefined;
}
