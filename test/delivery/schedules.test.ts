import { test } from "@jest/globals";
import { conversationSchedules } from "./conversationModel.js";

test("whatever happens to a conversation, its log, its screens and its floor are right (memory)", async () => {
	await conversationSchedules(() => undefined, 300);
}, 120_000);
