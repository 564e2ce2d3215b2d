import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const build = fileURLToPath(new URL("../build-lambdas.mjs", import.meta.url));

/** Has the functions bundled before they're packed. */
export default class Bundles {
	hooks = {
		"before:package:createDeploymentArtifacts": () => {
			execFileSync(process.execPath, [build], { stdio: "inherit" });
		},
	};
}
