import { RouterError } from "../../protocol/errors.js";
import type { AnyCollection, KeyType } from "../Storage.js";
import type { Connection } from "./Connection.js";
import {
	column,
	expiryIndexName,
	indexName,
	isClustered,
	keyColumns,
	keyFields,
	otherFields,
	quote,
	sqlType,
	tableName,
} from "./columns.js";

/** Says in the file's header that it's ours: "StCR". */
export const APPLICATION_ID = 0x53744352;

/** What makes a database of version n one of version n + 1. Collections and indexes need none: they're added at opening. */
export const MIGRATIONS: readonly string[] = ["CREATE TABLE collections (name TEXT PRIMARY KEY, key TEXT NOT NULL)"];

/**
 * Throws unless the file is new, or a database of ours that this release can read: `database_damaged`,
 * `database_newer`. Writes nothing.
 */
export function checkDatabase(connection: Connection, migrations = MIGRATIONS): void {
	const objects = count(connection, "SELECT count(*) FROM sqlite_schema");
	const application = count(connection, "PRAGMA application_id");
	const version = versionOf(connection);
	if (application !== APPLICATION_ID && (objects > 0 || application !== 0 || version !== 0)) {
		throw new RouterError(
			"database_damaged",
			`The file ${connection.path} is a database of another program. It was left as it is; choose another path.`,
		);
	}
	if (version > migrations.length) {
		throw new RouterError(
			"database_newer",
			`The database ${connection.path} has version ${version}, written by a newer release; this one reads up to ${migrations.length}. It was left as it is; install the newer release.`,
		);
	}
}

/** Brings a checked database to this release's version and adds what the collections need, all or nothing. */
export function prepareDatabase(
	connection: Connection,
	collections: readonly AnyCollection[],
	migrations = MIGRATIONS,
): void {
	connection.exec("BEGIN IMMEDIATE");
	try {
		const version = versionOf(connection);
		for (const migration of migrations.slice(version)) connection.exec(migration);
		if (version < migrations.length) {
			connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
		}
		for (const collection of collections) prepareCollection(connection, collection);
		connection.exec("COMMIT");
	} catch (error) {
		if (connection.inTransaction) connection.exec("ROLLBACK");
		throw error;
	}
}

function prepareCollection(connection: Connection, collection: AnyCollection): void {
	const { name, key, indexes = {}, expires } = collection;
	const table = tableName(collection);
	checkKeyUnchanged(connection, collection);
	const isTable = isTableClustered(connection, collection);
	if (isTable === undefined) createTable(connection, collection);
	else if (isTable !== isClustered(collection)) rebuildTable(connection, collection);
	const present = new Set(connection.all(`PRAGMA table_info(${quote(`c_${name}`)})`).map(([, column]) => column));
	for (const [field, type] of otherFields(collection)) {
		if (!present.has(`f_${field}`)) addColumn(connection, table, field, type);
	}
	if (!isClustered(collection)) {
		connection.exec(
			`CREATE UNIQUE INDEX IF NOT EXISTS ${indexName(collection, key)} ON ${table} (${keyColumns(key).join(", ")})`,
		);
	}
	for (const index of Object.values(indexes)) {
		const columns = keyColumns(index);
		// The key's own columns always are; SQLite wouldn't use an index that says so for a query that doesn't.
		const optional = columns.filter((each) => !keyColumns(key).includes(each));
		const present = optional.length > 0 ? `WHERE ${optional.map((each) => `${each} IS NOT NULL`).join(" AND ")}` : "";
		connection.exec(
			`CREATE INDEX IF NOT EXISTS ${indexName(collection, index)} ON ${table} (${columns.join(", ")}) ${present}`,
		);
	}
	if (expires === undefined) return;
	const end = column(expires);
	connection.exec(
		`CREATE INDEX IF NOT EXISTS ${expiryIndexName(collection, expires)} ON ${table} (${end}) WHERE ${end} IS NOT NULL`,
	);
}

function createTable(connection: Connection, collection: AnyCollection): void {
	const { key } = collection;
	const range = key.range ? `${column(key.range.field)} ${sqlType(key.range.type)} NOT NULL,` : "";
	const columns = `${column(key.hash)} TEXT NOT NULL, ${range} data TEXT NOT NULL`;
	// AUTOINCREMENT: a number is never used again, so that a feed's cursor never passes over a record.
	const definition = isClustered(collection)
		? `(${columns}, PRIMARY KEY (${keyColumns(key).join(", ")})) WITHOUT ROWID`
		: `(seq INTEGER PRIMARY KEY AUTOINCREMENT, ${columns})`;
	connection.exec(`CREATE TABLE ${tableName(collection)} ${definition}`);
}

/** Undefined if there's no such table. */
function isTableClustered(connection: Connection, { name }: AnyCollection): boolean | undefined {
	const [sql] = connection.get("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", `c_${name}`) ?? [];
	return sql === undefined ? undefined : /WITHOUT ROWID$/.test(String(sql));
}

/** For an index, an end or a feed that's declared since, or no more. */
function rebuildTable(connection: Connection, collection: AnyCollection): void {
	const table = tableName(collection);
	const former = quote(`former c_${collection.name}`);
	const columns = [...keyColumns(collection.key), "data"].join(", ");
	connection.exec(`ALTER TABLE ${table} RENAME TO ${former}`);
	createTable(connection, collection);
	connection.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${former}; DROP TABLE ${former}`);
}

/** A field that's declared since: the records that are there have it in their JSON. */
function addColumn(connection: Connection, table: string, field: string, type: KeyType): void {
	connection.exec(`ALTER TABLE ${table} ADD COLUMN ${column(field)} ${sqlType(type)}`);
	const path = `$.${JSON.stringify(field)}`;
	const types = type === "string" ? "'text'" : "'integer', 'real'";
	connection.run(
		`UPDATE ${table} SET ${column(field)} = data ->> ? WHERE json_type(data, ?) IN (${types}) AND data ->> ? <> ''`,
		path,
		path,
		path,
	);
}

function checkKeyUnchanged(connection: Connection, collection: AnyCollection): void {
	const { name, key } = collection;
	const declared = JSON.stringify([...keyFields(collection), key.range?.type ?? null]);
	const [stored] = connection.get("SELECT key FROM collections WHERE name = ?", name) ?? [];
	if (stored === undefined) connection.run("INSERT INTO collections (name, key) VALUES (?, ?)", name, declared);
	else if (stored !== declared) {
		throw new RouterError(
			"configuration_invalid",
			`The collection "${name}" in ${connection.path} has the key ${stored}, not ${declared}: its key can't be changed.`,
		);
	}
}

function versionOf(connection: Connection): number {
	return count(connection, "PRAGMA user_version");
}

function count(connection: Connection, sql: string): number {
	return Number(connection.get(sql)?.[0]);
}
