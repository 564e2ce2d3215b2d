export { wordCollections } from "./records.js";
export { WordTextIndex } from "./WordTextIndex.js";
