import {
	PostOffice,
	type WsCallback,
	type WsContext,
	type WsEvent,
	type WsResult,
	wsConnectionHandler,
	wsDisconnectionHandler,
	wsHandler,
	wsMessageHandler,
} from "stentor-chat-router";

type EntryPoint = (event: WsEvent, context: WsContext, callback: WsCallback) => Promise<WsResult>;

const postOffice = () => new PostOffice({ topic: "your-topic" });

// A Lambda for each route …
export const connect: EntryPoint = (event, context, callback) =>
	wsConnectionHandler(event, context, callback, postOffice());
export const message: EntryPoint = (event, context, callback) =>
	wsMessageHandler(event, context, callback, postOffice());
export const disconnect: EntryPoint = (event, context, callback) =>
	wsDisconnectionHandler(event, context, callback, postOffice());

// … or one for all three.
export const handler: EntryPoint = (event, context, callback) => wsHandler(event, context, callback, postOffice());

/** To be run every minute: runs again what a Lambda that died had in hand. */
export const sweep = async (): Promise<void> => {
	await postOffice().sweep();
	await postOffice().idle();
};
