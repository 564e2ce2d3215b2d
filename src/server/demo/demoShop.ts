import { type StentorResponse, textResponse } from "../../protocol/stentor.js";

/** What the demo bot knows: a small coffee roaster that doesn't exist. */

export interface Product {
	/** What the widget sends when it's chosen from the list. */
	readonly token: string;
	readonly title: string;
	readonly price: string;
	readonly inShort: string;
	readonly content: string;
}

export const PRODUCTS: readonly Product[] = [
	{
		token: "harbour",
		title: "Harbour Blend",
		price: "€9.50 for 250 g",
		inShort: "Chocolate and hazelnut, for espresso",
		content:
			"Our house blend from Brazil and Guatemala: round, sweet and hard to get wrong. Most people begin with this one.",
	},
	{
		token: "yirga",
		title: "Yirga Morning",
		price: "€12.00 for 250 g",
		inShort: "Bergamot and peach, for filter",
		content:
			"A washed Ethiopian from the Yirgacheffe hills. Light and floral; lovely in a pour-over, too bright for milk.",
	},
	{
		token: "night",
		title: "Night Shift Decaf",
		price: "€10.50 for 250 g",
		inShort: "Caramel and red apple, without the caffeine",
		content:
			"Colombian beans, decaffeinated with sugar cane. Good enough that we drink it ourselves after four o'clock.",
	},
];

const HOURS = "Opening hours";
const PRICES = "Coffees and prices";
const DELIVERY = "Delivery";
const PERSON = "Talk to a person";

export const GREETING = says(
	"Hello, and welcome to Birch & Bean! I'm the shop's assistant. Ask me about our coffees, opening hours or delivery, and if you'd rather talk to one of us, just say so.",
	[HOURS, PRICES, DELIVERY, PERSON],
);

export const FALLBACK = says(
	"I'm afraid I don't know that one. I can tell you about our coffees, when we're open and how we deliver, or I can fetch somebody from the shop.",
	[PRICES, HOURS, PERSON],
);

export const READ_ALONG = "I'm back, and I've read what you and my colleague discussed.";

export interface Topic {
	/** Lower-case words and phrases, any of which makes it this topic. */
	readonly words: readonly string[];
	readonly response: StentorResponse;
}

/** The first that fits answers. */
export const TOPICS: readonly Topic[] = [
	{
		words: ["human", "agent", "person", "somebody", "someone", "real people", "staff", "colleague", "representative"],
		response: {
			...textResponse("Of course. I'm calling somebody from the shop; they'll join you right here in a moment."),
			system: "HANDOFF",
		},
	},
	{
		words: ["delivery", "deliver", "delivers", "shipping", "ship", "post", "postage"],
		response: says(
			"We post on weekdays what's ordered before noon, and it's usually with you in two days. Delivery is €3.90, and free from €35. If you live near the harbour, we'll bring it by bike.",
			[PRICES, HOURS],
		),
	},
	{
		words: ["hours", "open", "opening", "opened", "close", "closed", "closing", "today", "sunday", "saturday"],
		response: says(
			"We're open Monday to Friday from 8 to 18 o'clock, and on Saturdays from 9 to 16. On Sundays we sleep in. The last coffee at the bar is poured a quarter of an hour before we close.",
			[PRICES, DELIVERY],
		),
	},
	{
		words: ["price", "prices", "cost", "costs", "how much", "coffee", "coffees", "beans", "buy", "menu", "products"],
		response: {
			...says("These are fresh from the roaster this week. Pick one to hear more:", [DELIVERY]),
			displays: [
				{
					type: "LIST",
					title: "This week's coffees",
					items: PRODUCTS.map(({ token, title, price, inShort }) => ({
						token,
						title,
						description: `${inShort} · ${price}`,
					})),
				},
			],
		},
	},
	{
		words: ["what can you do", "help", "what do you know", "who are you", "are you a bot"],
		response: says(
			"I'm a bot, and a small one: I know our coffees and their prices, when we're open and how we deliver. For everything else I call one of the people in the shop.",
			[PRICES, HOURS, DELIVERY, PERSON],
		),
	},
	{
		words: ["thanks", "thank you", "cheers", "bye", "goodbye"],
		response: says("You're welcome! I'm here if anything else comes to mind.", [HOURS, PRICES]),
	},
	{ words: ["hi", "hello", "hey", "good morning", "good evening"], response: GREETING },
];

/** What there is to say about a product. */
export function productResponse({ token, title, price, content }: Product): StentorResponse {
	return {
		...says(`${title} is ${price}.`, [DELIVERY, PRICES]),
		displays: [
			{ type: "CARD", title, content, buttons: [{ title: "See it in the shop", openUrlAction: `/#${token}` }] },
		],
	};
}

function says(displayText: string, suggestions: string[]): StentorResponse {
	return { outputSpeech: { displayText, suggestions } };
}
