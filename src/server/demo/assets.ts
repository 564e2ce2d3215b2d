/**
 * The pages' script: how the published widget looks, and where its server is. It's worked out in the browser, so that
 * it's right behind any proxy. The address must stay the same from page to page: the widget keeps its conversation by it.
 */
export const DEMO_JS = `"use strict";
(() => {
	const { app, session, server: address = "/ws" } = document.currentScript.dataset;
	const server = new URL(address, location.href);
	server.protocol = server.protocol.replace("http", "ws");
	server.searchParams.set("appId", app);
	const isAgent = session !== undefined;
	if (isAgent) server.searchParams.set("sessionId", session);
	const green = "#2f5d4a";
	const white = { color: "#ffffff" };
	const edge = "min(20px, 3vw)";
	window.xaConfig = {
		connection: { type: "websocketraw", serverUrl: server.href },
		botName: "Birch & Bean",
		// For the header. As avatarUrl, the widget would give it to everybody who comes: people would look like the bot.
		...(isAgent ? {} : { agent: { nick: "agent:robot", avatarPath: "/assets/bean.svg" } }),
		// A visitor's link only scrolls the shop behind the chat; an agent stays in the conversation.
		urls: { defaultBehavior: { type: isAgent ? "newTab" : "sameWindow" } },
		header: {
			alignTextCenter: false,
			status: { online: isAgent ? "Conversation" : "Birch & Bean", connecting: "Connecting…", offline: "Not connected" },
			subtitle: { enabled: true, text: isAgent ? "You are an agent here" : "Coffee roasters · we usually answer at once" },
			actions: isAgent ? { minimize: false, cancel: false } : { minimize: true, cancel: false },
		},
		input: { placeholder: isAgent ? "Write as an agent…" : "Ask us something…" },
		...(isAgent
			? { autoOpenOnPattern: { patterns: ["/agent-demo"] } }
			: { cta: { message: "Questions? Ask us.", timeout: 12000 } }),
		theme: {
			primaryColor: green,
			// On a phone, the top of the page stays in sight.
			size: isAgent ? { width: "560px", height: "660px" } : { width: "400px", height: "clamp(360px, 75dvh, 620px)" },
			margin: { top: "12px", right: edge, bottom: edge, left: "12px" },
			border: { radius: "16px" },
			chatButton: { background: green, margin: { right: edge, bottom: edge } },
			header: { background: green, text: { ...white, fontSize: "15px", fontWeight: "600" }, subtitle: { color: "#d8e6dd", fontSize: "12px" } },
			minimizeButton: white,
			content: { background: "#fbf8f2" },
			messages: {
				mine: { bubbleColor: green, text: { ...white, fontSize: "15px" } },
				others: { bubbleColor: "#ffffff", text: { color: "#2b211a", fontSize: "15px" } },
			},
			footer: { background: "#ffffff", border: { color: "#eadfce", width: "1px" } },
			input: { background: "#f6f0e6", text: { color: "#2b211a", fontSize: "15px" }, placeholder: { color: "#7b6d60", fontSize: "15px" } },
			sendButton: { color: green },
			cta: { background: "#ffffff", text: { color: "#2b211a", fontSize: "15px" } },
		},
	};
})();
`;

/** Keeps the list of sessions fresh; nothing else of the page is touched. */
export const DESK_JS = `"use strict";
(() => {
	const list = document.getElementById("sessions");
	let shown;
	const refresh = async () => {
		if (document.hidden) return;
		try {
			const answer = await fetch("/agent-demo/sessions", { credentials: "same-origin" });
			if (answer.status === 401) return location.reload();
			const html = await answer.text();
			if (!answer.ok || html === shown) return;
			const focused = document.activeElement?.getAttribute("href");
			list.innerHTML = shown = html;
			if (focused) list.querySelector('[href="' + CSS.escape(focused) + '"]')?.focus();
		} catch {}
	};
	setInterval(refresh, 2500);
	document.addEventListener("visibilitychange", refresh);
})();
`;

export const BEAN_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="32" fill="#f2e6d3"/><g transform="rotate(30 32 32)"><ellipse cx="32" cy="32" rx="13" ry="19" fill="#5b3a26"/><path d="M33 13c-9 8 6 16-2 38" fill="none" stroke="#f2e6d3" stroke-width="3" stroke-linecap="round"/></g></svg>
`;
