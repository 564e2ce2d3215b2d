/** In tests in place of src/storage/libsql/writerFile.ts: what buildWriter.mjs has built. */
export const writerFile = new URL("../.build/libsql-writer.js", import.meta.url);
