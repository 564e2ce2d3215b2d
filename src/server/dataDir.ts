import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { RouterError } from "../protocol/errors.js";

const secrets = z.object({ jwtSecret: z.string().check(z.minLength(32)) });

/** The database of a data folder. */
export function databaseIn(dataDir: string): string {
	return join(dataDir, "chat.db");
}

/** Where the files that messages carry are kept. */
export function filesIn(dataDir: string): string {
	return join(dataDir, "files");
}

/** Makes the folder, for this user only, if it's not there. Throws `configuration_invalid` when it can't be written. */
export function prepareDataDir(dataDir: string): void {
	try {
		mkdirSync(dataDir, { recursive: true, mode: 0o700 });
		accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
	} catch (cause) {
		const { code = "unknown error" } = cause as NodeJS.ErrnoException;
		throw new RouterError(
			"configuration_invalid",
			`DATA_DIR ${dataDir} can't be written (${code}); name a folder that this user may write.`,
			{ cause },
		);
	}
}

/**
 * What agents' tokens are signed with where `JWT_SECRET` isn't set; made when it's first asked for. It isn't in the
 * database: a backup must not let anybody in.
 */
export function jwtSecretIn(dataDir: string): string {
	prepareDataDir(dataDir);
	const file = join(dataDir, "secrets.json");
	if (!existsSync(file)) {
		const partial = `${file}.${process.pid}`;
		const made = { jwtSecret: randomBytes(32).toString("base64url") };
		writeFileSync(partial, `${JSON.stringify(made)}\n`, { mode: 0o600, flush: true });
		renameSync(partial, file);
	}
	try {
		return secrets.parse(JSON.parse(readFileSync(file, "utf8"))).jwtSecret;
	} catch {
		// The cause would quote what was read.
		const message = `The file ${file} can't be understood; delete it, and agents get new tokens, or set JWT_SECRET.`;
		throw new RouterError("configuration_invalid", message);
	}
}
