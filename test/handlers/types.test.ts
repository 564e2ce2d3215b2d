import { describe, test } from "@jest/globals";
import type { APIGatewayProxyResultV2, APIGatewayProxyWebsocketEventV2, Callback, Context, Handler } from "aws-lambda";
import { expectTypeOf } from "expect-type";
import type { createWsHandlers, PostOffice, WsEvent, WsHandler, WsResult } from "stentor-chat-router";

/** `@types/aws-lambda` isn't needed to use the handlers, and fits them. Checked by `npm run types`. */
describe("types of the handlers", () => {
	test("take the events, contexts and callbacks of @types/aws-lambda", () => {
		expectTypeOf<APIGatewayProxyWebsocketEventV2>().toExtend<WsEvent>();
		expectTypeOf<WsResult>().toExtend<APIGatewayProxyResultV2>();
		type Given = [APIGatewayProxyWebsocketEventV2, Context, Callback<APIGatewayProxyResultV2>, PostOffice];
		expectTypeOf<Given>().toExtend<Parameters<WsHandler>>();
	});

	test("are handlers of @types/aws-lambda", () => {
		type Handlers = ReturnType<typeof createWsHandlers>;
		expectTypeOf<Handlers["wsHandler"]>().toExtend<Handler<APIGatewayProxyWebsocketEventV2, APIGatewayProxyResultV2>>();
	});
});
