import type { Dialect } from "../Dialect.js";
import { decodeRouterFrame } from "./decode.js";
import { encodeEntry, encodeSignal } from "./encode.js";

/** JSON text frames with an `event`: what `@xapp/chat-widget` speaks, with our extensions for clients that ask for them. */
export const routerDialect: Dialect = {
	name: "router",
	decode: decodeRouterFrame,
	entry: encodeEntry,
	signal: encodeSignal,
};
