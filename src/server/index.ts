export { type RunningServer, startServer } from "./Server.js";
export { type Environment, loadEnvironment, readSettings, type Settings } from "./settings.js";
