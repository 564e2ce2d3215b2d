import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, test } from "@jest/globals";
import { type Browser, chromium } from "playwright-core";

/** It must talk to loopback only: no updates, no experiments, no account. */
const ARGUMENTS = [
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	// It takes pages that a test gives it to be from the internet, which may not connect to loopback.
	"--disable-features=LocalNetworkAccessChecks",
];

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC = [
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Where this machine has Chromium, or Chrome: what `CHROMIUM` names, or else one of the usual places. */
function findChromium(): string | undefined {
	if (process.env.CHROMIUM) return process.env.CHROMIUM;
	const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
	const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...MAC];
	return candidates.find((candidate) => existsSync(candidate));
}

/** Launches it with an empty profile, which is removed when it's closed; or says why it can't be. */
async function launch(): Promise<Browser | { missing: string }> {
	const executablePath = findChromium();
	if (!executablePath) return { missing: "There is no Chromium; install it, or set CHROMIUM to where it is." };
	try {
		return await chromium.launch({ executablePath, args: ARGUMENTS });
	} catch (error) {
		return { missing: `${executablePath} did not start: ${error}` };
	}
}

/**
 * Runs a file's tests in a headless Chromium of their own. Where it can't start they fail if this is CI; elsewhere they
 * are left out, and one skipped test says why.
 */
export async function onChromium(addTests: (browser: Browser) => void): Promise<void> {
	const browser = await launch();
	if (!("missing" in browser)) {
		afterAll(() => browser.close());
		addTests(browser);
	} else if (process.env.CI) {
		test("Chromium starts", () => {
			throw new Error(browser.missing);
		});
	} else {
		console.warn(`Nothing was tested in a browser. ${browser.missing}`);
		test.skip(`in Chromium: left out. ${browser.missing}`, () => {});
	}
}
