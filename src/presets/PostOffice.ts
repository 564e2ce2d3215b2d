import { PostOffice as PostOfficeOfPorts } from "../delivery/PostOffice.js";
import type { PostOfficePorts } from "../delivery/ports.js";
import { type Equipment, equipmentOf } from "./environment.js";

/** What isn't given is taken from the environment. */
export type PostOfficeOptions = Pick<PostOfficePorts, "topic"> & Partial<PostOfficePorts>;

/**
 * A post office that is equipped by its environment:
 *
 * ```ts
 * const postOffice = new PostOffice({ topic: "your-topic" });
 * ```
 *
 * - In a Lambda (`AWS_LAMBDA_FUNCTION_NAME`) it keeps its records in DynamoDB tables, whose names begin with
 *   `TABLE_PREFIX` (default `<topic>-`), and reaches its connections through API Gateway. Elsewhere it keeps them in
 *   memory and reaches sockets of `ws` that are added to a `LocalTransport`, which is to be given then.
 * - Apps are those of the Secrets Manager's secret `APPS_SECRET_ID`, or one by `STUDIO_APP_ID`, `BOT_URL`, `BOT_KEY`.
 * - Visitors come by the published widget, bots answer; agents come with tokens signed by `JWT_SECRET`, or not at all.
 * - `secret` is `JWT_SECRET`, or without it the topic: then whoever knows the topic and guesses a user id (an e-mail
 *   address) can tell which alias is that user's. Once it's changed, visitors can't return to their sessions.
 * - Events are told to stdout and stderr as JSON, from `LOG_LEVEL` on.
 *
 * It may be built for every event: those of the same topic, options and environment share all they have.
 * Throws `RouterError` `configuration_invalid`, naming the variable that is wrong.
 */
export class PostOffice extends PostOfficeOfPorts {
	constructor(options: PostOfficeOptions) {
		super(portsOf(options));
	}
}

/** The ports that an equipment was last part of: offices of the same ports object share their rooms. */
const newest = new WeakMap<Equipment, PostOfficePorts>();

function portsOf(options: PostOfficeOptions): PostOfficePorts {
	const equipment = equipmentOf(options.topic, process.env);
	const monitor = options.monitor ?? equipment.monitor();
	const ports: PostOfficePorts = {
		topic: options.topic,
		storage: options.storage ?? equipment.storage(),
		transport: options.transport ?? equipment.transport(),
		apps: options.apps ?? equipment.apps(monitor),
		connectors: options.connectors ?? equipment.connectors(monitor),
		monitor,
		clock: options.clock ?? Date.now,
		secret: options.secret ?? equipment.secret(),
		// Others of this process may be on the same storage.
		soleOwner: options.soleOwner ?? false,
		feed: options.feed,
		files: options.files,
		roster: options.roster,
	};
	const before = newest.get(equipment);
	if (before && isSame(before, ports)) return before;
	newest.set(equipment, ports);
	return ports;
}

function isSame(a: PostOfficePorts, b: PostOfficePorts): boolean {
	return (Object.keys(a) as (keyof PostOfficePorts)[]).every((port) => a[port] === b[port]);
}
