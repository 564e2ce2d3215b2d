export { type AnsweringConnectorUnderTest, answeringConnectorSuite } from "./answeringConnectorSuite.js";
export { type BlobStoreUnderTest, blobStoreSuite } from "./blobStoreSuite.js";
export { type SocketConnectorUnderTest, socketConnectorSuite } from "./socketConnectorSuite.js";
export { storageSuite } from "./storageSuite.js";
export { type TestTurn, type Told, testTurn } from "./testTurn.js";
export { type TextIndexUnderTest, textIndexSuite } from "./textIndexSuite.js";
export { type Peer, type TransportUnderTest, transportSuite } from "./transportSuite.js";
