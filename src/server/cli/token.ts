import { randomUUID } from "node:crypto";
import { createAgentToken } from "../../connectors/admin/agentToken.js";
import { LIMITS } from "../../protocol/limits.js";
import { jwtSecretIn } from "../dataDir.js";
import { loadEnvironment, readSettings } from "../settings.js";
import { type Command, WrongUsage } from "./Command.js";

export const token: Command = {
	summary: "Print an agent's token",
	usage: "[--name <name>] [--hours <1 to 720>]",
	details: "The token lets an agent in at /agent-demo. Default: 12 hours. It's all that is printed.",
	options: { name: { type: "string" }, hours: { type: "string", default: "12" } },
	words: 0,
	async run({ options: { name, hours } }) {
		const lifetime = /^\d{1,3}$/.test(String(hours)) ? Number(hours) : 0;
		if (lifetime < 1 || lifetime > 720) throw new WrongUsage("--hours must be a whole number from 1 to 720.");
		if (name === "" || String(name ?? "").length > LIMITS.nameLength) {
			throw new WrongUsage(`--name must have 1 to ${LIMITS.nameLength} characters.`);
		}
		const settings = readSettings(loadEnvironment());
		const secret = settings.jwtSecret ?? jwtSecretIn(settings.dataDir);
		const lifetimeSeconds = lifetime * 60 * 60;
		console.log(await createAgentToken({ secret, subject: randomUUID(), name: name?.toString(), lifetimeSeconds }));
	},
};
