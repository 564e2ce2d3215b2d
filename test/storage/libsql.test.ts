import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "@jest/globals";
import { LibsqlStorage } from "../../src/storage/libsql/index.js";
import { storageSuite } from "../../src/testing/storageSuite.js";

const folder = mkdtempSync(join(tmpdir(), "stentor-libsql-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the contract, on a file that all cases share", () => {
	const path = join(folder, "shared.db");
	storageSuite(test, (collections, clock) => LibsqlStorage.open({ path, collections, clock }));
});

describe("the contract, in memory", () => {
	storageSuite(test, (collections, clock) => LibsqlStorage.open({ path: ":memory:", collections, clock }));
});
