import type { Dialect, Reader } from "../protocol/Dialect.js";
import type { Address } from "../transport/Transport.js";
import type { EndpointState, Head, Participant } from "./records.js";

/** An endpoint that frames can be pushed to now. */
export interface Target {
	readonly key: string;
	readonly participantId: string;
	readonly endpointId: string;
	readonly address: Address;
	readonly dialect: Dialect;
	readonly reader: Omit<Reader, "own" | "aheadMs">;
	/** The client has shown that it numbers what it has. */
	readonly shown: boolean;
	readonly clock: Participant["clock"];
	/** What came while it was away hasn't been pushed yet: that comes first. */
	readonly behind: boolean;
}

export type Which = (participantId: string, participant: Participant, endpoint: EndpointState) => boolean;

/** The endpoints of a session that are open and may receive. `dialectOf`: how a connector's clients are written to. */
export function targetsIn(
	head: Head,
	dialectOf: (connector: string) => Dialect | undefined,
	which: Which = () => true,
): Target[] {
	const found: Target[] = [];
	for (const participantId of Object.keys(head.participants)) {
		const participant = head.participants[participantId];
		if (!participant) continue;
		for (const endpointId of Object.keys(participant.endpoints)) {
			const endpoint = participant.endpoints[endpointId];
			if (endpoint?.connection === undefined || endpoint.receives === false) continue;
			if (!which(participantId, participant, endpoint)) continue;
			const dialect = dialectOf(endpoint.connector ?? participant.connector);
			if (!dialect) continue;
			found.push({
				key: head.session,
				participantId,
				endpointId,
				address: { connection: endpoint.connection, url: endpoint.url ?? head.url },
				dialect,
				reader: { role: participant.role, numbered: endpoint.numbered === true || dialect.numbered === true },
				shown: endpoint.numbered === true,
				clock: participant.clock,
				behind: endpoint.behind === true,
			});
		}
	}
	return found;
}
