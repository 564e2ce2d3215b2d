import { digest } from "../../delivery/identity.js";
import type { VerifiedIdentity } from "../access/verifiedIdentity.js";
import { decided } from "../records/decided.js";
import { assertActive, type CustomerPorts, Registration } from "./Registration.js";
import { customerIdentities, identityKey } from "./records.js";

export interface SiteIdentityPorts extends CustomerPorts {
	/** What an app's site shares with us to vouch for its visitors; undefined: it vouches for nobody. */
	readonly secretOf: (app: string) => string | undefined;
}

/** Which customers those are whom an app's site vouches for: one for each id that the site has for somebody. */
export class SiteIdentities {
	private readonly registration: Registration;

	constructor(private readonly ports: SiteIdentityPorts) {
		this.registration = new Registration(ports);
	}

	secretOf(app: string): string | undefined {
		return this.ports.secretOf(app);
	}

	/**
	 * The id of the customer whom the site means: by its id of them, else by the e-mail address that it vouches for, which
	 * its id stands for from then on; made where there's none. Throws `customer_blocked`.
	 */
	customerOf(app: string, { id, email, name }: VerifiedIdentity): Promise<string> {
		const ref = `site-${digest(id)}`;
		const { storage, topic } = this.ports;
		return decided(async () => {
			const known = await this.registration.find(app, { ref });
			const { customer, writes } = known
				? { customer: known, writes: [] }
				: await this.registration.of(app, email === undefined ? { ref, name } : { email, name });
			assertActive(customer);
			if (known) return known.id;
			const identity = { identity: identityKey(topic, app, { ref }), id: customer.id };
			const linked = email === undefined ? [] : [{ put: customerIdentities, record: identity, if: "absent" } as const];
			await storage.transact([...writes, ...linked]);
			return customer.id;
		});
	}
}
