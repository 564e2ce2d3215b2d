// Runs what is deployed to AWS on this machine: aws/offline/main.ts.
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./importTypeScript.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const { runOffline } = await importTypeScript("aws/offline/main.ts");
await runOffline();
