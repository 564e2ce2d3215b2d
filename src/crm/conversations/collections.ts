import { conversationActivity } from "./activity.js";
import { conversations, conversationTags } from "./records.js";

/** A storage for conversations is opened with these. */
export const conversationCollections = [conversations, conversationTags, conversationActivity] as const;
