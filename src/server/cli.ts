#!/usr/bin/env node
import { parseArgs } from "node:util";
import { RouterError } from "../protocol/errors.js";
import { backup } from "./cli/backup.js";
import { type Command, WrongUsage } from "./cli/Command.js";
import { restore } from "./cli/restore.js";
import { seed } from "./cli/seed.js";
import { start } from "./cli/start.js";
import { token } from "./cli/token.js";
import { version } from "./version.js";

const NAME = "stentor-chat-router";
const COMMANDS: ReadonlyMap<string, Command> = new Map(Object.entries({ start, seed, token, backup, restore }));

try {
	await main(process.argv.slice(2));
} catch (error) {
	const isUsage = error instanceof WrongUsage;
	const hint = isUsage ? ` See "${NAME} --help".` : "";
	// Whatever isn't ours is a fault, and its stack says where.
	const text = isUsage || error instanceof RouterError ? error.message : error;
	console.error(typeof text === "string" ? `${NAME}: ${text}${hint}` : text);
	process.exitCode = isUsage ? 2 : 1;
}

async function main([first = "--help", ...rest]: readonly string[]): Promise<void> {
	if (first === "--version" || first === "-v") return console.log(version());
	if (first === "--help" || first === "-h") return console.log(overview());
	if (first === "help") return console.log(rest[0] === undefined ? overview() : helpFor(rest[0]));
	const command = commandOf(first);
	if (rest.includes("--help") || rest.includes("-h")) return console.log(helpFor(first));
	await command.run(parse(first, command, rest));
}

function parse(name: string, { options, words }: Command, args: readonly string[]) {
	try {
		const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
		if (positionals.length === words)
			return { options: values as Record<string, string | boolean>, words: positionals };
	} catch (error) {
		throw new WrongUsage((error as Error).message.replace(/\. .*/s, "."));
	}
	throw new WrongUsage(
		`"${name}" takes ${words === 0 ? "no words" : words === 1 ? "one word" : `${words} words`} besides its options.`,
	);
}

function commandOf(name: string): Command {
	const command = COMMANDS.get(name);
	if (!command) throw new WrongUsage(`There is no command "${name}".`);
	return command;
}

function helpFor(name: string): string {
	const { usage, summary, details } = commandOf(name);
	return [`${NAME} ${name} ${usage}`.trimEnd(), "", `${summary}.`, details].join("\n");
}

function overview(): string {
	const lines = [...COMMANDS].map(([name, { usage, summary }]) => `  ${`${name} ${usage}`.padEnd(44)} ${summary}`);
	return `Usage: ${NAME} <command>

${lines.join("\n")}
  ${"help <command>".padEnd(44)} Say more, and which settings there are

--version prints the version.`;
}
