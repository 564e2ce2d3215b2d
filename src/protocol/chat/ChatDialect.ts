import type { Dialect } from "../Dialect.js";
import { decodeChatFrame } from "./decode.js";
import { encodeEntry, encodeSignal } from "./encode.js";

/** JSON text frames with an `action` (from clients) or a `type` (to them): the chat API of the CRM. */
export const chatDialect: Dialect = {
	name: "chat",
	numbered: true,
	manySessions: true,
	decode: decodeChatFrame,
	entry: encodeEntry,
	signal: encodeSignal,
};
