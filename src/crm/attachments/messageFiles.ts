import type { FileDesk } from "../../delivery/ports.js";
import type { Attachments } from "./Attachments.js";

/** By what name the files of somebody are theirs who is this user in sessions. */
export function uploaderOf(role: "visitor" | "agent", user: string): string {
	return `${role} ${user}`;
}

/** Looks at the files of messages: only what was uploaded here, and is what it says, is sent on. */
export function messageFiles(attachments: Pick<Attachments, "attach">): FileDesk {
	return {
		async admit({ app, sessionId, role, user, attachments: named }) {
			const party = { app, uploader: uploaderOf(role, user) };
			const attached = await attachments.attach(
				party,
				sessionId,
				named.map(({ url }) => url),
			);
			return attached.map(({ url, name, contentType, size }) => ({ url, name, contentType, size }));
		},
	};
}
