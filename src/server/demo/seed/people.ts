import type { NewAgent } from "../../../crm/agents/schema.js";
import type { Language } from "./talks.js";

/** The demo's agents. Their addresses can't belong to anybody. */
export const AGENTS: readonly NewAgent[] = [
	{ name: "Mara Lindqvist", email: "mara@agents.example", capacity: 10, skills: ["english", "german"] },
	{ name: "Tom Okafor", email: "tom@agents.example", capacity: 10, skills: ["english", "payment"] },
	{ name: "Jana Weber", email: "jana@agents.example", capacity: 10, skills: ["german", "delivery"] },
	{ name: "Claire Martin", email: "claire@agents.example", capacity: 10, skills: ["french", "italian"] },
	{ name: "Diego Santos", email: "diego@agents.example", capacity: 10, skills: ["spanish", "portuguese"] },
	{ name: "Yuki Tanaka", email: "yuki@agents.example", capacity: 10, skills: ["japanese", "english"] },
];

/** Given names and family names of the customers who speak a language. */
export const NAMES: Readonly<Record<Language, readonly [given: readonly string[], family: readonly string[]]>> = {
	en: [
		["Olivia", "George", "Amelia", "Noah", "Priya", "Liam", "Grace", "Samuel", "Hannah", "Isaac"],
		["Bennett", "Clarke", "Osei", "Patel", "Murphy", "Wright", "Hughes", "Sinclair"],
	],
	de: [
		["Lena", "Jonas", "Greta", "Emre", "Sophie", "Felix"],
		["Müller", "Schäfer", "Yılmaz", "Köhler", "Brandt", "Weiß"],
	],
	fr: [
		["Chloé", "Hugo", "Inès", "Théo"],
		["Lefèvre", "Moreau", "Béranger", "Diallo"],
	],
	es: [
		["Lucía", "Martín", "Sofía", "Íñigo"],
		["García", "Muñoz", "Ibáñez", "Romero"],
	],
	it: [
		["Giulia", "Matteo", "Noemi"],
		["Rossi", "Bianchi", "D'Angelo"],
	],
	pt: [
		["Inês", "João", "Beatriz"],
		["Gonçalves", "Araújo", "Silva"],
	],
	ja: [
		["Haruka", "Kenji", "Aiko"],
		["Sato", "Suzuki", "Yamamoto"],
	],
};

export const COMPANIES = ["Harbour Office Ltd", "Nordlicht GmbH", "Café Solène", "Torino Bar Srl", "Blue Door Studio"];
