export { ACCESS, type Access, type FunctionName } from "./access.js";
export { checkDeployment } from "./checkDeployment.js";
export { roleId, roleResources } from "./roles.js";
export { tableId, tableResources } from "./tables.js";
