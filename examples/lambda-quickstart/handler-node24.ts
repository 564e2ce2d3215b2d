import { createWsHandlers, PostOffice } from "stentor-chat-router";

// Lambdas of Node 24 and newer take no function with a callback. Building the post office here, and not at the first
// event, has its libraries loaded while the Lambda starts.
export const { wsHandler: handler } = createWsHandlers(new PostOffice({ topic: "your-topic" }));
