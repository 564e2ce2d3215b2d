// Says what is wrong with the variables that a deployment to AWS would be made with, and fails; says nothing if all is well.
import { importTypeScript } from "./importTypeScript.mjs";

const { checkDeployment } = await importTypeScript("src/aws/template/index.ts");
try {
	checkDeployment(process.env);
} catch (error) {
	if (error.code !== "configuration_invalid") throw error;
	console.error(`Not deployed: ${error.message}`);
	process.exitCode = 1;
}
