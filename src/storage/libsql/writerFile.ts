/** Where the program of `WriterThread`'s thread is: beside the built code, see tsup.config.ts. */
export const writerFile = new URL("./libsql-writer.js", import.meta.url);
