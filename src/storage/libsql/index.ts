export { backupDatabase } from "./backup.js";
export { LibsqlStorage, type LibsqlStorageOptions } from "./LibsqlStorage.js";
