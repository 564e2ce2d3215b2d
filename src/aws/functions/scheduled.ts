import { RouterError } from "../../protocol/errors.js";
import { serve } from "../openService.js";

/** What a schedule says. */
export interface Task {
	/**
	 * `sweep`: turns whose process died, agents who went away, hand-offs nobody took; every minute. `upkeep`: statuses and
	 * counts, files that nobody needs, what is to be erased, the first admin; every two minutes.
	 */
	readonly task: "sweep" | "upkeep";
}

/** What is to be done now and then. Throws what failed, so that Lambda counts it. */
export function handler({ task }: Task): Promise<void> {
	return serve(async ({ crm, app, settings }) => {
		if (task === "sweep") {
			await crm.office.sweep();
		} else if (task === "upkeep") {
			const { adminEmail: email, adminPassword: password } = settings;
			// One that was made up could be told to nobody but a log.
			if (password !== undefined) await crm.accounts.makeFirstAdmin(app, { email, password });
			await crm.upkeep();
		} else {
			throw new RouterError("unknown_event", "The schedule's task is neither sweep nor upkeep.");
		}
	});
}
