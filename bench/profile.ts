import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Benchmark } from "./Benchmark.js";
import { readProfile, type Share } from "./measure/cpuProfile.js";
import { ours } from "./peers/peers.js";
import { measureThroughput } from "./throughput.js";

const FOLDER = resolve("bench/results/profile");
const SHOWN = 30;

export const profile: Benchmark = {
	summary: "where our server's time goes during throughput (leaves a .cpuprofile for Chrome's tools)",
	async run({ seconds = 10, window = 4 }) {
		rmSync(FOLDER, { recursive: true, force: true });
		mkdirSync(FOLDER, { recursive: true });
		const nodeArgs = ["--cpu-prof", `--cpu-prof-dir=${FOLDER}`, "--cpu-prof-interval=250"];
		const measured = await measureThroughput(ours, { seconds, window }, { nodeArgs });
		const [file] = readdirSync(FOLDER);
		if (!file) throw new Error("The server left no profile.");
		const { places, self, whole } = readProfile(join(FOLDER, file));
		const rows = (shares: readonly Share[]) =>
			shares.slice(0, SHOWN).map(({ share, name, place }) => [`${(share * 100).toFixed(1)} %`, name, place]);
		return {
			tables: [
				{ title: "By file or package (self)", columns: ["share", "", "where"], rows: rows(places) },
				{ title: "By function (self)", columns: ["share", "function", "where"], rows: rows(self) },
				{ title: "By function, with what it calls", columns: ["share", "function", "where"], rows: rows(whole) },
			],
			notes: [
				`${Math.round(measured.heardPerSecond)} messages/s while it was profiled, ${measured.cpuPerMessage.toFixed(0)} µs of CPU each.`,
				"Shares of the time that the main thread wasn't idle, the start included. Waiting for the disk counts as the caller's own.",
				`The profile is in ${FOLDER}.`,
			],
			data: { measured, self: self.slice(0, 100), whole: whole.slice(0, 100), places },
		};
	},
};
