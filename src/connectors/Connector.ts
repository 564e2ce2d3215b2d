import type { App } from "../apps/Apps.js";
import type { Command, Dialect, Greeting, Profile } from "../protocol/Dialect.js";
import type { Audience, Entry } from "../protocol/envelope.js";
import type { StentorRequest, StentorResponse } from "../protocol/stentor.js";
import type { Desk } from "./Desk.js";

/**
 * How one kind of participant is reached. The contract's suites are `answeringConnectorSuite` and
 * `socketConnectorSuite` in `stentor-chat-router/testing`.
 */
export type Connector = SocketConnector | AnsweringConnector;

/** What a client says when it connects. Header names are lower-case. */
export interface ConnectRequest {
	readonly app: App;
	readonly query: Readonly<Record<string, string | undefined>>;
	readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Who a connection belongs to. */
export interface Admission extends Profile {
	/** Stable for the person or device. Known to us alone: others see an alias. */
	readonly user: string;
	/** The user was proved (by a token, say): the id need be no secret for them to be known again by it. Default false. */
	readonly proved?: boolean;
	/**
	 * Who is behind the user, as the CRM knows them: `agent/<id>`, `customer/<id>`. All their connections can be told
	 * something, or be ended. Default: nobody that's known.
	 */
	readonly account?: string;
	/** An agent who may also do what is for admins alone. Default false. */
	readonly isAdmin?: boolean;
	/** When this admission ends, in epoch seconds: frames after that are refused. Default: with the connection. */
	readonly until?: number;
	/** The only session that this connection may name; it's attached to it at once, which opens it. Visitors' only. */
	readonly session?: string;
	/** In that session, if this connection opens it, people answer until an answerer is given the floor. Default false. */
	readonly peopleFirst?: boolean;
	/** What it's told before anything else, as soon as it can be. */
	readonly greeting?: Greeting;
	/** Default true. */
	readonly sends?: boolean;
	/** Default true. */
	readonly receives?: boolean;
}

/** People (or programs) at sockets: their frames come in as commands, entries are pushed to them. */
export interface SocketConnector {
	readonly name: string;
	readonly answers: false;
	readonly role: "visitor" | "agent";
	readonly dialect: Dialect;
	/** What its connections may ask for. */
	readonly commands: readonly Command["type"][];
	/** What its connections may subscribe to. */
	readonly desk?: Desk;
	/**
	 * Who connects; undefined when this connection is of another connector's kind. Connectors are asked in their order.
	 * Throws a `RouterError` to refuse the connection.
	 */
	admit(request: ConnectRequest): Promise<Admission | undefined>;
}

/** A participant that is asked and answers: one turn for each message that wants an answer, in their order. */
export interface AnsweringConnector {
	/** Also its participant's id, and what a hand-off names to reach it. */
	readonly name: string;
	readonly answers: true;
	/** The longest that `answer` may take, tries included, in milliseconds; then it's aborted. It's also the turn's lease. */
	readonly answerWithinMs: number;
	/** How it appears in this app's conversations; undefined when it doesn't serve this app. */
	profile(app: App): Profile | undefined;
	/** Whether it takes the floor when another hands off to it. Without this it always does. Times out like `answer`. */
	invite?(invitation: Invitation): Promise<boolean>;
	/**
	 * The answer to a turn. It may be asked again with the same request id, after a crash or a failure: whoever it asks
	 * should treat that as the same request. Throwing means it can't answer: the failure is put in the log.
	 * What a turn holds isn't to be changed, nor an answer once it's given: others are given the same objects.
	 */
	answer(turn: Turn): Promise<Answer>;
}

export interface Invitation {
	readonly app: App;
	readonly sessionId: string;
	readonly signal: AbortSignal;
}

export interface Turn {
	readonly app: App;
	readonly sessionId: string;
	/** The visitor, by an alias that's the same in all sessions of this app. */
	readonly userId: string;
	/** The same for every try at this turn, in whatever process. */
	readonly requestId: string;
	/** What is to be answered. */
	readonly entry: Entry;
	/** The request that the visitor's client made, or one made of what it said. */
	readonly request: StentorRequest;
	/** Only when the floor has come (back) to this answerer: what was said before, oldest first. */
	readonly transcript?: readonly TranscriptLine[];
	/** Aborted when time runs out. */
	readonly signal: AbortSignal;
	/** Shows the people in the session that an answer is being prepared, or no longer. */
	typing(on: boolean): Promise<void>;
	/** Tells them that it takes another try: `tries` failed so far, the next comes in `delayMs`. */
	retrying(tries: number, delayMs: number, error: string): Promise<void>;
}

/** One line of what was said. */
export interface TranscriptLine {
	readonly from: "visitor" | "agent" | "bot";
	readonly text: string;
	/** ISO 8601, UTC. */
	readonly at: string;
}

/** What an answerer says. Without messages it has taken the turn, and may speak later by itself. */
export interface Answer {
	readonly messages: readonly { readonly response: StentorResponse; readonly audience?: Audience }[];
	/** Asks that somebody else answers from here on: an answering connector of this name, or a person. */
	readonly handOff?: { readonly target?: string };
}
