import type { ConversationStatus } from "../../../crm/conversations/lifecycle.js";
import type { Priority } from "../../../crm/records/priority.js";

/** One line of a talk; `{order}`, `{product}`, `{customer}` and `{agent}` are filled in. A note is for staff only. */
export type Line = readonly [by: "customer" | "agent" | "note", text: string];

/** What a conversation is made of. */
export interface Talk {
	readonly language: Language;
	readonly subject: string;
	readonly tags: readonly string[];
	readonly priority: Priority;
	readonly lines: readonly Line[];
	/** How it ends where it has ended. */
	readonly end: Extract<ConversationStatus, "closed" | "archived">;
	readonly rating?: number;
	readonly comment?: string;
}

export type Language = "en" | "de" | "fr" | "es" | "it" | "pt" | "ja";

/** What customers of the demo shop, a small coffee roaster that doesn't exist, write about. */
export const TALKS: readonly Talk[] = [
	{
		language: "en",
		subject: "Where is my order {order}?",
		tags: ["delivery"],
		priority: "medium",
		lines: [
			["customer", "Hi, my order {order} was due on Tuesday and nothing has come yet. Could you check where it is?"],
			["agent", "Hello {customer}, of course. One moment, I'm looking up {order}."],
			["note", "Courier lost the scan between the hub and the depot; claim opened with them."],
			["agent", "It left us on Friday and got stuck at the courier's depot. They deliver it tomorrow before noon."],
			["customer", "Tomorrow is fine, as long as the beans are still fresh."],
			["agent", "They are: {product} was roasted last Thursday and is at its best for six weeks."],
			["customer", "Great, thanks for the quick help!"],
		],
		end: "closed",
		rating: 5,
		comment: "Quick and friendly.",
	},
	{
		language: "en",
		subject: "Refund for a damaged bag",
		tags: ["refund", "damaged"],
		priority: "high",
		lines: [
			["customer", "One of the bags of {product} arrived torn open, half of the beans were in the box."],
			["customer", "Can I get a refund for that one? The order number is {order}."],
			["agent", "I'm sorry about that, {customer}. Would you rather have the money back or a new bag?"],
			["customer", "A refund, please. I've bought some in town meanwhile."],
			["note", "Third torn bag this month, all packed on line 2. Told the warehouse."],
			["agent", "Done: the refund is on its way and shows on your card within three working days."],
			["customer", "Perfect, thank you."],
		],
		end: "archived",
		rating: 4,
	},
	{
		language: "en",
		subject: "Grinder settings",
		tags: ["brewing", "advice"],
		priority: "low",
		lines: [
			["customer", "Which grind do you recommend for {product} in an AeroPress? Mine tastes sour."],
			["agent", "Sour usually means too coarse or too cold. Try two steps finer and water just off the boil."],
			["customer", "I used 85 degrees. I'll go hotter."],
			["agent", "95 is a good start for a light roast. Tell us how it went!"],
			["customer", "Much sweeter now. Thanks, {agent}!"],
		],
		end: "closed",
		rating: 5,
	},
	{
		language: "en",
		subject: "Invoice with VAT number",
		tags: ["invoice", "business"],
		priority: "medium",
		lines: [
			["customer", "We need the invoice for {order} with our VAT number on it. Our accountant asks for it by Friday."],
			["agent", "Happy to. Could you send me the company name and the number as they should be printed?"],
			["customer", "Harbour Office Ltd, GB 123 4567 89."],
			["agent", "The corrected invoice is in your mailbox, and future orders will have it too."],
		],
		end: "closed",
		rating: 4,
		comment: "Would be nice to set this in the account.",
	},
	{
		language: "en",
		subject: "Charged twice",
		tags: ["payment"],
		priority: "urgent",
		lines: [
			["customer", "My card was charged twice for {order}! Please fix this today."],
			["agent", "That must not happen. I see one payment and one reservation; the second is released by your bank."],
			["note", "Reservation 2 of 2 voided by hand in the payment console."],
			["customer", "When will it be gone?"],
			["agent", "Usually within 24 hours. If it's still there tomorrow evening, write to us and we call your bank."],
			["customer", "It's still there, but marked as cancelled. OK."],
		],
		end: "closed",
		rating: 3,
		comment: "Solved, but it shouldn't happen.",
	},
	{
		language: "en",
		subject: "Pausing a subscription",
		tags: ["subscription"],
		priority: "low",
		lines: [
			["customer", "I'm away for all of next month. Can I pause my subscription of {product}?"],
			["agent", "Sure, paused until the first of the month after. Nothing is charged meanwhile. Enjoy the trip!"],
			["customer", "That was easy. Cheers!"],
		],
		end: "archived",
		rating: 5,
	},
	{
		language: "de",
		subject: "Wo bleibt meine Bestellung {order}?",
		tags: ["delivery"],
		priority: "medium",
		lines: [
			[
				"customer",
				"Guten Tag, laut Sendungsverfolgung liegt mein Paket {order} seit drei Tagen in Köln. Was ist da los?",
			],
			["agent", "Guten Tag {customer}, ich frage beim Paketdienst nach und melde mich gleich."],
			["note", "Adresse war unvollständig, Hausnummer fehlte. Ergänzt."],
			["agent", "Es fehlte die Hausnummer. Ist Nummer 12 richtig? Dann wird morgen zugestellt."],
			["customer", "Ja, 12 stimmt. Schöne Grüße und danke für die schnelle Rückmeldung!"],
		],
		end: "closed",
		rating: 5,
		comment: "Sehr freundlich, gerne wieder.",
	},
	{
		language: "de",
		subject: "Mahlgrad für die French Press",
		tags: ["brewing", "advice"],
		priority: "low",
		lines: [
			["customer", "Könnt ihr {product} auch gemahlen schicken? Ich habe nur eine French Press und keine Mühle."],
			["agent", "Gerne, grob gemahlen für die French Press. Soll ich die Bestellung {order} so ändern?"],
			["customer", "Ja bitte, das wäre großartig."],
			["agent", "Erledigt. Gemahlen hält er sich etwa zwei Wochen, am besten kühl und luftdicht aufbewahren."],
		],
		end: "closed",
		rating: 4,
	},
	{
		language: "fr",
		subject: "Colis abîmé",
		tags: ["damaged", "refund"],
		priority: "high",
		lines: [
			["customer", "Bonjour, le colis {order} est arrivé écrasé et un paquet de {product} est ouvert."],
			["agent", "Bonjour {customer}, je suis désolée. Préférez-vous un remboursement ou un nouvel envoi ?"],
			["customer", "Un nouvel envoi, s'il vous plaît. C'est un cadeau pour dimanche."],
			["note", "Envoi express offert, cadeau d'anniversaire."],
			["agent", "Il part aujourd'hui en express, vous l'aurez vendredi. La livraison est offerte."],
			["customer", "Merci beaucoup, vous êtes adorables !"],
		],
		end: "closed",
		rating: 5,
		comment: "Service très réactif.",
	},
	{
		language: "es",
		subject: "Cambiar la dirección de envío",
		tags: ["delivery", "address"],
		priority: "medium",
		lines: [
			["customer", "Hola, me he mudado. ¿Puedo cambiar la dirección del pedido {order}?"],
			["agent", "Hola {customer}, todavía no ha salido. ¿Cuál es la nueva dirección?"],
			["customer", "Calle del Café 8, 28013 Madrid. ¿Llegará antes del fin de semana?"],
			["agent", "Sí, llegará el jueves por la mañana. También la he guardado para los próximos pedidos."],
			["customer", "¡Genial, muchas gracias!"],
		],
		end: "closed",
		rating: 4,
	},
	{
		language: "it",
		subject: "Sconto per il bar",
		tags: ["business", "pricing"],
		priority: "low",
		lines: [
			["customer", "Buongiorno, ho un bar a Torino e vorrei provare {product}. Fate sconti da cinque chili in su?"],
			["agent", "Buongiorno {customer}! Sì, da cinque chili il dieci per cento, da venti il diciotto."],
			["note", "Potenziale cliente all'ingrosso, passato alle vendite."],
			["customer", "Perfetto. Potete mandarmi prima un campione?"],
			["agent", "Certo, due etti partono domani senza costi. Le scriverà anche un collega delle vendite."],
		],
		end: "closed",
		rating: 5,
	},
	{
		language: "pt",
		subject: "Pagamento recusado",
		tags: ["payment"],
		priority: "high",
		lines: [
			["customer", "Olá, o meu cartão foi recusado três vezes na encomenda {order}. Não percebo porquê."],
			["agent", "Olá {customer}, o banco pede uma confirmação na aplicação. Recebeu alguma mensagem?"],
			["customer", "Agora que diz, sim! Não tinha reparado."],
			["agent", "Depois de confirmar, o pagamento passa logo. Já consigo ver que está tudo certo."],
			["customer", "Funcionou, obrigado pela paciência."],
		],
		end: "closed",
		rating: 4,
	},
	{
		language: "ja",
		subject: "ギフト包装について",
		tags: ["gift"],
		priority: "low",
		lines: [
			["customer", "こんにちは。注文 {order} をギフト包装にできますか？"],
			["agent", "{customer} 様、承りました。メッセージカードもお付けできます。"],
			["customer", "「お誕生日おめでとう」でお願いします。"],
			["agent", "かしこまりました。明日発送いたします。"],
			["customer", "ありがとうございます！"],
		],
		end: "closed",
		rating: 5,
	},
];
