import { join, resolve } from "node:path";
import { createAgentToken } from "../../src/connectors/admin/agentToken.js";
import type { Job, Speech } from "../load/Job.js";
import { ServerProcess, type StartOptions } from "./ServerProcess.js";

const BUILT = resolve("bench/.build");
const JWT_SECRET = "only for benchmarks: signs agents' tokens";
/** The first admin of each server of ours. */
export const ADMIN = { email: "admin@example.com", password: "only for benchmarks" } as const;
const UNLIMITED = "100000";

/** As `npm start` does. */
const asStarted = ["--max-semi-space-size=32"];

const settings = (folder: string) => ({
	DATA_DIR: join(folder, "data"),
	JWT_SECRET,
	ADMIN_EMAIL: ADMIN.email,
	ADMIN_PASSWORD: ADMIN.password,
	LOG_LEVEL: "error",
	MAX_CONNECTIONS: UNLIMITED,
	CONNECTIONS_PER_ADDRESS: UNLIMITED,
	CONNECTIONS_PER_USER: UNLIMITED,
	// By default a connection may send 50 frames a second, which is for people.
	FRAMES_PER_SECOND: UNLIMITED,
	FRAME_BURST: UNLIMITED,
	REQUESTS_PER_SECOND: UNLIMITED,
	REQUEST_BURST: UNLIMITED,
});

/** What is measured, or measured against. */
export interface Peer {
	readonly name: string;
	readonly speech: Speech;
	start(options?: StartOptions): Promise<ServerProcess>;
	/** Not yet waited for. */
	spawn(options?: StartOptions): Promise<ServerProcess>;
}

/** The whole product: database on disk, acknowledgements, fan-out. */
export const ours = peer("ours", "ours", {
	args: [...asStarted, join(BUILT, "product/cli.js"), "start"],
	env: settings,
});

/** What the CRM is measured against. */
export const office = peer("post office alone", "ours", {
	args: [...asStarted, join(BUILT, "peers/officeServer.js")],
	env: settings,
});

export const socketio = peer("Socket.IO", "socketio", {
	args: [join(BUILT, "peers/socketioServer.js")],
	env: () => ({}),
});

export const recovering = peer("Socket.IO, recovery", "socketio", {
	args: [join(BUILT, "peers/socketioServer.js"), "--recovery"],
	env: () => ({}),
});

export const ws = peer("bare ws", "ws", { args: [join(BUILT, "peers/wsServer.js")], env: () => ({}) });

/** What a load generator must know of a server. */
export async function addressOf(
	{ speech }: Peer,
	server: ServerProcess,
): Promise<Pick<Job, "speech" | "origin" | "token">> {
	const token = speech === "ours" ? await createAgentToken({ secret: JWT_SECRET, subject: "bench" }) : "";
	return { speech, origin: server.origin, token };
}

function peer(name: string, speech: Speech, program: Parameters<typeof ServerProcess.start>[0]): Peer {
	return {
		name,
		speech,
		start: (options) => ServerProcess.start(program, options),
		spawn: (options) => ServerProcess.spawn(program, options),
	};
}
