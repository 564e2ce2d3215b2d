import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** Begins to write to the database named, says so, and keeps its lock until its input ends. */
const HOLD = `
const Database = require("libsql");
const database = new Database(process.argv[1]);
database.exec("PRAGMA busy_timeout = 5000");
database.exec("BEGIN IMMEDIATE");
console.log("held");
process.stdin.resume().on("end", () => {
	database.exec("ROLLBACK");
	process.exit();
});
`;

/** Another process that writes to a server's database, as a person with an SQLite shell may. */
export class LockHolder {
	private constructor(private readonly child: ChildProcess) {}

	/** Resolves when it has the lock. */
	static async hold(path: string): Promise<LockHolder> {
		const child = spawn(process.execPath, ["-e", HOLD, path], { stdio: ["pipe", "pipe", "inherit"] });
		const holder = new LockHolder(child);
		const said = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
		if (!String(said).startsWith("held")) throw new Error(`The lock wasn't had: ${said}`);
		return holder;
	}

	/** Lets go of it. */
	async close(): Promise<void> {
		if (this.child.exitCode !== null) return;
		const exit = once(this.child, "exit");
		this.child.stdin?.end();
		await exit;
	}
}
