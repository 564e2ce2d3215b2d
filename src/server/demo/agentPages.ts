import type { DemoSession } from "./DemoSessions.js";
import { escapeHtml, page, widget } from "./markup.js";

const STATE = {
	asked: "Asks for a person",
	agent: "A person answers",
	bot: "The bot answers",
	nobody: "Nobody answers",
} as const;

const BY = { visitor: "", agent: "Agent: ", answerer: "Bot: " } as const;

/** How a visitor is called among agents: by name, and by the beginning of the alias, which tells two "Visitor"s apart. */
export function visitorName({ visitor, alias }: Pick<DemoSession, "visitor" | "alias">): string {
	const mark = alias?.replace(/^visitor-/, "").slice(0, 4);
	return [visitor ?? "Visitor", mark].filter(Boolean).join(" · ");
}

/** Says how to get a token, and takes one. */
export function signInPage(problem?: string): string {
	const note = problem ? `<p class="problem" role="alert">${escapeHtml(problem)}</p>` : "";
	return page({
		title: "Agents only",
		kind: "desk",
		main: `${header()}
<main class="narrow">
<h1>Agents only</h1>
<p>Here agents see the conversations that are under way, and join them. It takes an agent’s token:</p>
<ul>
<li>the server printed a link that holds one when it started, or</li>
<li>ask for a new one where the server runs: <code>npx stentor-chat-router token --name Ada</code></li>
</ul>
${note}
<form method="post" action="/agent-demo">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" spellcheck="false" required>
<button>Sign in</button>
</form>
</main>`,
	});
}

export function listPage(sessions: readonly DemoSession[], now: number): string {
	return page({
		title: "Conversations",
		kind: "desk",
		main: `${header()}
<main>
<h1>Conversations</h1>
<p class="lead">Open one to read along. The visitor sees nothing of you until you join.</p>
<div id="sessions">${sessionList(sessions, now)}</div>
</main>`,
		scripts: '<script src="/assets/desk.js"></script>',
	});
}

/** The part of the list's page that is fetched again and again. */
export function sessionList(sessions: readonly DemoSession[], now: number): string {
	if (sessions.length === 0) {
		return '<p class="empty">No conversations yet. Open <a href="/" target="_blank">the shop’s page</a> and say hello in the chat.</p>';
	}
	return `<ul class="sessions">${sessions.map((session) => row(session, now)).join("\n")}</ul>`;
}

/** One session, with the widget as an agent's. */
export function sessionPage(app: string, session: DemoSession | { session: string }): string {
	const name = "lastAt" in session ? visitorName(session) : "Conversation";
	return page({
		title: name,
		kind: "desk",
		main: `${header()}
<main class="beside">
<p><a href="/agent-demo">← All conversations</a></p>
<h1>${escapeHtml(name)}</h1>
<details class="steps">
<summary>How to take part</summary>
<ol>
<li><b>Read along.</b> Until you join, the visitor doesn’t see you.</li>
<li><b>Join</b> with your name: the bot falls silent, and what you write reaches the visitor under that name.</li>
<li><b>Leave</b> when you’re done: the bot answers again, and knows what was said.</li>
</ol>
</details>
</main>`,
		scripts: widget(app, { session: session.session }),
	});
}

function row(session: DemoSession, now: number): string {
	const { session: id, said, lastAt, answers } = session;
	const name = escapeHtml(visitorName(session));
	const last = said ? `${BY[said.by]}${said.text}` : "Has opened the chat";
	return `<li><a href="/agent-demo?isAdmin=true&amp;sessionId=${escapeHtml(encodeURIComponent(id))}">
<span class="who">${name}</span>
<time datetime="${new Date(lastAt).toISOString()}">${ago(now - lastAt)}</time>
<span class="said">${escapeHtml(last)}</span>
<span class="state ${answers}">${STATE[answers]}</span>
</a></li>`;
}

function ago(ms: number): string {
	const minutes = Math.floor(ms / 60_000);
	if (minutes < 1) return "just now";
	if (minutes < 60) return `${minutes} min ago`;
	const hours = Math.floor(minutes / 60);
	return hours < 24 ? `${hours} h ago` : `${Math.floor(hours / 24)} d ago`;
}

function header(): string {
	return '<header class="bar"><a class="brand" href="/agent-demo">Birch &amp; Bean <span>desk</span></a><a href="/">The shop</a></header>';
}
