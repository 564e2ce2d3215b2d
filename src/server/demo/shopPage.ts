import { PRODUCTS, type Product } from "./demoShop.js";
import { escapeHtml, page, widget } from "./markup.js";

export interface ShopParts {
	/** See `WidgetParts`. */
	readonly server?: string;
	/** Whether there's a page for agents at `/agent-demo`. Default: there is. */
	readonly hasDesk?: boolean;
}

/** The page of a small shop, with the chat widget in its corner. */
export function shopPage(app: string, { server, hasDesk = true }: ShopParts = {}): string {
	const atDesk = hasDesk ? ' and answer yourself at the <a href="/agent-demo">agents’ desk</a>' : "";
	return page({
		title: "Birch & Bean, coffee roasters",
		kind: "shop",
		main: `<header class="bar">
<a class="brand" href="/">Birch &amp; Bean</a>
<nav aria-label="Shop"><a href="#coffees">Coffees</a><a href="#delivery">Delivery</a><a href="#hours">Hours</a></nav>
</header>
<main>
<section class="hero">
<div>
<p class="eyebrow">Roasted on Tuesdays, by the harbour</p>
<h1>Good coffee, from people who answer.</h1>
<p class="lead">Three coffees, fresh every week. Not sure which one is yours? Ask us in the chat: the assistant knows the beans, and one of us is never far.</p>
<p><a class="button" href="#coffees">See this week’s coffees</a></p>
</div>
${CUP}
</section>
<section id="coffees" aria-labelledby="coffees-title">
<h2 id="coffees-title">This week’s coffees</h2>
<div class="cards">
${PRODUCTS.map(card).join("\n")}
</div>
</section>
<section class="facts">
<div id="delivery"><h2>Delivery</h2><p>What’s ordered before noon leaves the same weekday and is usually with you in two days. €3.90, and free from €35.</p></div>
<div id="hours"><h2>Opening hours</h2><p>Monday to Friday 8 to 18 o’clock, Saturdays 9 to 16. On Sundays we sleep in.</p></div>
<div><h2>Try the chat</h2><p>Ask “What does delivery cost?”, look at the prices, or say “Can I talk to a person?”${atDesk}.</p></div>
</section>
</main>
<footer><p>Birch &amp; Bean doesn’t exist: this is the demo page of stentor-chat-router. The chat in the corner is the published XAPP widget, as it is.</p></footer>`,
		scripts: widget(app, { server }),
	});
}

const TINTS = ["#8a5a3c", "#c98a4b", "#3f5f73"];

function card({ token, title, price, inShort, content }: Product, index: number): string {
	const tint = TINTS[index % TINTS.length];
	return `<article class="card" id="${escapeHtml(token)}">
<svg viewBox="0 0 200 150" role="img" aria-label="A bag of ${escapeHtml(title)}">
<rect width="200" height="150" fill="${tint}" opacity=".16"/>
<path d="M66 34h68l6 98q-40 9-80 0z" fill="${tint}"/><path d="M66 34h68l1 14H65z" fill="#000" opacity=".18"/>
<rect x="76" y="66" width="48" height="42" rx="3" fill="#fbf6ec"/>
<g transform="rotate(30 100 87)"><ellipse cx="100" cy="87" rx="8" ry="12" fill="${tint}"/><path d="M101 75c-6 6 4 11-1 24" fill="none" stroke="#fbf6ec" stroke-width="2"/></g>
</svg>
<div><h3>${escapeHtml(title)}</h3><p class="short">${escapeHtml(inShort)}</p><p>${escapeHtml(content)}</p><p class="price">${escapeHtml(price)}</p></div>
</article>`;
}

const CUP = `<svg class="art" viewBox="0 0 420 360" aria-hidden="true">
<circle cx="220" cy="180" r="160" fill="#e6dac4"/>
<ellipse cx="206" cy="306" rx="128" ry="18" fill="#cdbb9d"/>
<path d="M112 160h176v58c0 52-36 84-88 84s-88-32-88-84z" fill="#fffdf8"/>
<path d="M288 180c44-6 54 60-8 68" fill="none" stroke="#fffdf8" stroke-width="17"/>
<ellipse cx="200" cy="160" rx="88" ry="20" fill="#f1e7d6"/><ellipse cx="200" cy="161" rx="76" ry="15" fill="#5b3a26"/>
<path d="M170 160q30-16 60 0-30 14-60 0z" fill="#a97c54"/>
<g fill="none" stroke="#b9a88c" stroke-width="6" stroke-linecap="round"><path d="M168 120c-16-22 16-30 0-56"/><path d="M204 116c-16-24 16-34 0-62"/><path d="M240 120c-16-22 16-30 0-56"/></g>
<g transform="rotate(28 342 292)"><ellipse cx="342" cy="292" rx="16" ry="23" fill="#5b3a26"/><path d="M343 269c-11 10 8 20-2 46" fill="none" stroke="#e6dac4" stroke-width="3"/></g>
<g transform="rotate(-40 84 286)"><ellipse cx="84" cy="286" rx="14" ry="20" fill="#74492f"/><path d="M85 266c-9 9 7 17-2 40" fill="none" stroke="#e6dac4" stroke-width="3"/></g>
</svg>`;
