/** Every limit on what comes in and what goes out, in one place. Sizes are bytes of UTF-8. */
export const LIMITS = {
	/** A client's frame. API Gateway takes up to 128 KB; what we pass on grows by the envelope. */
	frameBytes: 100 * 1024,
	/** An outbound frame (API Gateway: 128 KB a message). An answer is checked before it's appended; a client's frame is smaller. */
	outboundBytes: 128 * 1024,
	/** What may wait to be posted to one connection, in characters; who is slower than that is cut off, and comes back for it. */
	waitingLength: 4 * 1024 * 1024,
	/** How deep a frame may be nested. */
	depth: 32,
	/** Characters of an id that a client chooses: session, user, message. */
	idLength: 200,
	/** Characters of a display name, an e-mail address, an avatar's address. */
	nameLength: 200,
	avatarLength: 500,
	/** Files that one message brings, and the characters of the address of each. */
	attachments: 10,
	urlLength: 2_048,
	/** Characters of what somebody writes with a rating. */
	commentLength: 2_000,
	/** Characters of where a client says that it was in a feed. */
	cursorLength: 200,
	/** Connections of one process that may subscribe to the desk's feed. */
	deskSubscribers: 5_000,
	/** The `user` that a connection comes with. */
	userBytes: 4_096,
	/** Participants of one session. */
	participants: 50,
	/** Endpoints of one participant (tabs, devices); the one that was attached longest ago makes room. */
	endpoints: 64,
	/** What an agent who joins is sent of what was said before. */
	historyOnJoin: 200,
	/** Messages of one answer: they're put into the log at once, and a transaction holds 10 writes. */
	answerMessages: 5,
	/** The turns that an answerer gets as context when the floor comes (back) to it. */
	transcript: 20,
	/** Characters of each of them. */
	transcriptText: 2_000,
	/** Sessions that a connection is attached to when its user comes back. */
	sessionsOnReconnect: 10,
	/** A file that somebody sends. */
	fileBytes: 10 * 1024 * 1024,
} as const;
