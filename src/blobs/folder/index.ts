export { FolderBlobRoutes, type FolderBlobRoutesOptions } from "./FolderBlobRoutes.js";
export { FolderBlobStore, type FolderBlobStoreOptions } from "./FolderBlobStore.js";
