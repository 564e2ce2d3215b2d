/** The pages' style. The fonts are the reader's own: nothing is fetched from elsewhere, for the widget neither. */
export const DEMO_CSS = `:root {
	--paper: #faf5ec; --card: #fffdf8; --line: #e7dcc9; --ink: #2b211a; --soft: #6b5c4f; --green: #2f5d4a; --deep: #23473a;
	--sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
	--serif: Georgia, "Iowan Old Style", "Palatino Linotype", "Liberation Serif", serif;
	color-scheme: light;
}
*, *::before, *::after { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 var(--sans); }
#xapp-widget, #xapp-widget *, #xapp-widget *::placeholder { font-family: var(--sans); }
/* What the widget's theme has no options for. */
#xapp-widget .status-container { height: 56px; }
#xapp-widget .status-text-positionLeftNoAvatar { left: 20px; }
#xapp-widget .system-msg, #xapp-widget .ts-msg { color: var(--soft); }
#xapp-widget .chat-chips { white-space: normal; }
#xapp-widget :is(.chat-card-title, .chat-card-sub-title) { font-size: 14px; line-height: 1.4; }
#xapp-widget .xappw-vlist-item__subtitle { color: var(--soft); }
#xapp-widget .xappw-admin-input-form__btn { width: auto; padding-inline: 0.75rem; }
#xapp-widget .xappw-admin-input__input { background: none; outline: 0; }
#xapp-widget .xappw-admin-input:focus-within { outline: 2px solid #d08a3e; outline-offset: -2px; }
h1, h2, h3, .brand { font-family: var(--serif); font-weight: 600; line-height: 1.15; text-wrap: balance; }
h1 { font-size: clamp(2.1rem, 5.4vw, 3.5rem); letter-spacing: -0.02em; margin: 0 0 1rem; }
h2 { font-size: 1.5rem; margin: 0 0 0.75rem; }
h3 { font-size: 1.25rem; margin: 0; }
p { margin: 0 0 1rem; }
main a:not(.button, .sessions a) { color: var(--green); text-underline-offset: 0.2em; }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid #d08a3e; outline-offset: 2px; }
.bar { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: 0.5rem 1.5rem; padding: 1.1rem clamp(1rem, 5vw, 4rem); border-bottom: 1px solid var(--line); }
.bar a { color: var(--ink); text-decoration: none; }
.bar a:hover { text-decoration: underline; text-underline-offset: 0.3em; }
.bar nav { display: flex; gap: 1.25rem; }
.brand { font-size: 1.35rem; }
.brand span { font: 500 0.85rem var(--sans); color: var(--soft); }
.lead { font-size: 1.125rem; color: var(--soft); }
.button, form button { display: inline-block; border: 0; border-radius: 999px; padding: 0.75rem 1.4rem; background: var(--green); color: #fff; font: 600 1rem var(--sans); text-decoration: none; cursor: pointer; }
.button:hover, form button:hover { background: var(--deep); }

.shop section { padding: 0 clamp(1rem, 5vw, 4rem); margin: 0 auto 3.5rem; max-width: 76rem; }
.hero { display: grid; grid-template-columns: minmax(0, 1.1fr) minmax(0, 0.9fr); gap: 2rem; align-items: center; padding-top: 2.5rem !important; }
.hero .lead { max-width: 34rem; }
.eyebrow { color: var(--green); font-weight: 600; margin-bottom: 0.75rem; }
.art { width: 100%; max-height: 22rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1.25rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; overflow: hidden; }
.card:target { border-color: var(--green); box-shadow: 0 0 0 2px var(--green); }
.card svg { display: block; width: 100%; }
.card div { padding: 1.1rem 1.25rem; }
.card p { margin: 0.5rem 0 0; }
.card .short { color: var(--green); font-weight: 600; margin-top: 0.15rem; }
.card .price { font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem 2.5rem; }
.facts p { color: var(--soft); }
.shop footer { border-top: 1px solid var(--line); padding: 1.5rem clamp(1rem, 5vw, 4rem) 5.5rem; color: var(--soft); font-size: 0.9rem; }

.desk main { padding: 2rem clamp(1rem, 5vw, 4rem) 4rem; max-width: 60rem; }
.desk h1 { font-size: clamp(1.7rem, 4vw, 2.3rem); margin-bottom: 0.5rem; overflow-wrap: anywhere; }
.sessions { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; }
.sessions a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.1rem 1rem; padding: 0.9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.8rem; color: inherit; text-decoration: none; }
.sessions a:hover { border-color: var(--green); }
.who { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.sessions time { color: var(--soft); font-size: 0.9rem; text-align: right; }
.said { color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.state { align-self: center; border-radius: 999px; padding: 0.05rem 0.7rem; font-size: 0.85rem; font-weight: 600; background: #ece3d4; color: #54473b; white-space: nowrap; }
.state.asked { background: #f6dcc0; color: #7a3d06; }
.state.agent { background: #d8e8df; color: #1d4536; }
.empty { padding: 2rem; border: 1px dashed #cdbb9d; border-radius: 0.8rem; color: var(--soft); }
.narrow { max-width: 40rem !important; }
.narrow form { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
.narrow label { flex-basis: 100%; font-weight: 600; margin-bottom: -0.4rem; }
.narrow input { flex: 1 1 16rem; min-width: 0; padding: 0.7rem 1rem; border: 1px solid #a8977f; border-radius: 0.6rem; background: #fff; font: inherit; }
.problem { padding: 0.7rem 1rem; border-left: 4px solid #a5341f; background: #fbe9e2; }
code { background: #efe6d6; border-radius: 0.3rem; padding: 0.1em 0.4em; display: inline-block; }
.steps { max-width: 26rem; }
.steps summary { color: var(--green); font-weight: 600; cursor: pointer; }
.steps ol { padding-left: 1.2rem; margin: 0.5rem 0 0; }
.steps li { margin-bottom: 0.6rem; }

@media (min-width: 1000px) {
	/* What a link in the chat leads to shouldn't be behind the chat. */
	.shop:has(.widget-container.visible) section:not(.hero) { padding-right: 432px; }
}
/* Beside the agent's widget, there's room for the steps. */
@media (min-width: 1080px) {
	.desk .beside { max-width: calc(100vw - 580px); }
	@supports selector(::details-content) {
		.steps summary { display: none; }
		.steps::details-content { content-visibility: visible; }
	}
}
/* Where there's none, the widget stands below them instead of over them. */
@media (max-width: 1079px) {
	.desk:has(.beside) { display: flex; flex-direction: column; height: 100dvh; }
	.desk .beside { padding-block: 0.75rem; }
	.beside p { margin-bottom: 0.25rem; }
	.desk #xapp-widget { flex: 1 0 26rem; min-height: 0; padding: 0 0.75rem 0.75rem; }
	.desk #xapp-widget .widget-container.visible { position: relative; inset: auto; width: 100%; height: 100%; }
}

@media (max-width: 640px) {
	.bar { padding-block: 0.8rem; }
	.bar nav { gap: 1rem; font-size: 0.95rem; }
	.hero { grid-template-columns: 1fr; padding-top: 1.5rem !important; }
	.art { max-height: 13rem; }
	.card { display: grid; grid-template-columns: 7rem minmax(0, 1fr); }
	.card svg { width: calc(100% - 1.1rem); margin: 1.3rem 0 0 1.1rem; border-radius: 0.5rem; }
	.sessions a { grid-template-columns: minmax(0, 1fr); }
	.sessions time { grid-row: 4; text-align: left; }
	.state { justify-self: start; margin-top: 0.35rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
`;
