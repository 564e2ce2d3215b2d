import { PERMISSIONS, type Permission } from "../../access/permissions.js";
import type { AnyRoute } from "../Route.js";

/** A route's row in the table; undefined for what's open to everybody. */
export function permissionOf({ action }: AnyRoute): Permission | undefined {
	return (PERMISSIONS as Readonly<Record<string, Permission>>)[action];
}
