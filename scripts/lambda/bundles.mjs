import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = (name) => fileURLToPath(new URL(`../${name}.mjs`, import.meta.url));

/** Has the variables checked, and the functions bundled, before they're packed. */
export default class Bundles {
	hooks = {
		"before:package:createDeploymentArtifacts": () => {
			for (const name of ["check-deployment", "build-lambdas"]) {
				execFileSync(process.execPath, [script(name)], { stdio: "inherit" });
			}
		},
	};
}
