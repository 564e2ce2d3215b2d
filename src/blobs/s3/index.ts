export { S3BlobStore, type S3BlobStoreOptions } from "./S3BlobStore.js";
