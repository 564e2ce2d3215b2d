/** In tests in place of src/storage/libsql/writerFile.ts: what beforeAllFiles.mjs has built. */
export const writerFile = new URL("../.build/libsql-writer.js", import.meta.url);
