import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { RouterError } from "../../protocol/errors.js";
import { backupDatabase } from "../../storage/libsql/backup.js";
import { databaseIn } from "../dataDir.js";
import { loadEnvironment, readSettings } from "../settings.js";
import type { Command } from "./Command.js";

export const backup: Command = {
	summary: "Copy the database into a file; the server may run meanwhile",
	usage: "<file>",
	details: "Copies all conversations of DATA_DIR, as they are at this moment. The file must not be there yet.",
	options: {},
	words: 1,
	async run({ words: [word = ""] }) {
		const { dataDir } = readSettings(loadEnvironment());
		const database = databaseIn(dataDir);
		const target = resolve(word);
		if (!existsSync(database)) {
			throw new RouterError("configuration_invalid", `DATA_DIR ${dataDir} holds no database; name the one to back up.`);
		}
		if (existsSync(target)) {
			throw new RouterError("configuration_invalid", `The file ${target} is there already; name a new one.`);
		}
		await backupDatabase(database, target);
		console.log(`Backed up ${database} to ${target} (${statSync(target).size} bytes).`);
	},
};
