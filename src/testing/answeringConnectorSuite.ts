import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { APP_ID, type App } from "../apps/Apps.js";
import type { Answer, AnsweringConnector, TranscriptLine } from "../connectors/Connector.js";
import { stentorResponse } from "../protocol/stentor.js";
import { checksOf, type Runner } from "./checksOf.js";
import { type TestTurn, testTurn } from "./testTurn.js";

/** An answering connector and what it reaches; `close` ends whatever `open` started. */
export interface AnsweringConnectorUnderTest {
	readonly connector: AnsweringConnector;
	/** An app that it serves. */
	readonly app: App;
	/** An app that it doesn't serve, if there's such a thing. */
	readonly otherApp?: App;
	/** Something that it has an answer to. Default `"Hello"`. */
	readonly question?: string;
	/** It answers by taking the turn, and speaks when it likes. Default false. */
	readonly speaksLater?: boolean;
	/** Whom it asks: another service, say. Without this it answers by itself, and can neither wait nor fail. */
	readonly peer?: {
		/** From now on it takes a connection, and says nothing. */
		stall(): void;
		/** From now on it fails, whatever it's asked. */
		fail(): void;
	};
	close?(): Promise<void> | void;
}

/** How soon an aborted turn must end, in milliseconds. */
const PROMPT = 1_000;

const transcript: readonly TranscriptLine[] = [
	{ from: "visitor", text: "Is anybody there? 👋", at: "2026-11-22T10:00:00.000Z" },
	{ from: "agent", text: "Yes. I'll let the bot go on.", at: "2026-11-22T10:00:05.250Z" },
	{ from: "bot", text: "", at: "2026-11-22T10:00:06.000Z" },
];

/**
 * The contract of `AnsweringConnector` as tests; each gets a fresh one from `open`. `test` is the runner's, e.g. jest's.
 *
 * ```ts
 * answeringConnectorSuite(test, async () => ({ connector: new MyConnector(), app: { id: "shop" } }));
 * ```
 */
export function answeringConnectorSuite(test: Runner, open: () => Promise<AnsweringConnectorUnderTest>): void {
	const check = checksOf(test, open);
	const checkPeer = (
		name: string,
		run: (given: AnsweringConnectorUnderTest & Required<Pick<AnsweringConnectorUnderTest, "peer">>) => Promise<void>,
	) =>
		check(name, async (given) => {
			if (given.peer) await run({ ...given, peer: given.peer });
		});

	check("its name and its time are what the post office can work with", async ({ connector }) => {
		assert.match(connector.name, APP_ID);
		assert.equal(connector.answers, true);
		assert.ok(Number.isInteger(connector.answerWithinMs) && connector.answerWithinMs > 0);
	});

	check("its profile in an app is always the same", async ({ connector, app, otherApp }) => {
		const profile = connector.profile(app);
		assert.ok(profile, "undefined for an app that it serves");
		assert.deepEqual(connector.profile(structuredClone(app)), profile);
		if (otherApp) assert.equal(connector.profile(otherApp), undefined);
	});

	check("it answers a message", async (given) => {
		const turn = testTurn({ app: given.app, text: given.question });
		const answer = await valid(given.connector.answer(turn), turn);
		assert.ok(
			given.speaksLater || answer.handOff || answer.messages.length > 0,
			"it has neither spoken nor handed off",
		);
	});

	check("it answers a request that comes again", async (given) => {
		const first = testTurn({ app: given.app, text: given.question });
		const { sessionId, userId, requestId, request, entry } = first;
		const again = testTurn({ app: given.app, sessionId, userId, requestId, request, entry });
		const [one, other] = [
			await valid(given.connector.answer(first), first),
			await valid(given.connector.answer(again), again),
		];
		assert.equal(other.messages.length > 0, one.messages.length > 0);
	});

	check("it takes a greeting, a choice, and a request that it can't know", async ({ connector, app }) => {
		for (const type of ["LAUNCH_REQUEST", "OPTION_SELECT_REQUEST", "SOMETHING_NEW_REQUEST"]) {
			const turn = testTurn({ app, request: { type, token: "a token" } });
			await valid(connector.answer(turn), turn);
		}
	});

	check("it takes text of any script and length", async ({ connector, app }) => {
		for (const text of [
			"",
			"Grüße, 你好, שלום, 👩‍👩‍👧 \u0000 \u2028 \ud83d <b>&amp;</b>",
			"a long word ".repeat(2_000),
		]) {
			const turn = testTurn({ app, text });
			await valid(connector.answer(turn), turn);
		}
	});

	check("it takes the transcript of what was said before", async ({ connector, app, question }) => {
		for (const lines of [transcript, []]) {
			const turn = testTurn({ app, text: question, transcript: lines });
			await valid(connector.answer(turn), turn);
		}
	});

	check("it leaves the turn as it was", async ({ connector, app, question }) => {
		const turn = testTurn({ app, text: question, transcript });
		const copy = () =>
			structuredClone({ app: turn.app, request: turn.request, entry: turn.entry, lines: turn.transcript });
		const before = copy();
		await connector.answer(turn);
		assert.deepEqual(copy(), before);
	});

	check("it answers several sessions at once", async ({ connector, app, question }) => {
		const turns = Array.from({ length: 10 }, () => testTurn({ app, text: question }));
		await Promise.all(turns.map((turn) => valid(connector.answer(turn), turn)));
	});

	checkPeer(
		"it fails with an error that tells no key, and types no longer",
		async ({ connector, app, question, peer }) => {
			peer.fail();
			const turn = testTurn({ app, text: question });
			const error = await failure(connector.answer(turn));
			checkTold(turn);
			const key = app.bot?.key;
			if (key)
				assert.ok(
					!JSON.stringify([error.message, turn.told]).includes(key),
					"the bot's key is in what people may read",
				);
		},
	);

	checkPeer("it stops promptly when the turn is aborted", async ({ connector, app, question, peer }) => {
		peer.stall();
		const ending = new AbortController();
		const turn = testTurn({ app, text: question, signal: ending.signal });
		const failed = failure(connector.answer(turn));
		// What it says before it's awaited below is not unhandled.
		failed.catch(() => {});
		await wait(50);
		ending.abort(new Error("time is up"));
		const late = wait(PROMPT, "late", { ref: false });
		assert.notEqual(await Promise.race([failed, late]), "late", `still busy ${PROMPT} ms after`);
		checkTold(turn);
	});

	checkPeer("it asks nobody for a turn that was aborted before", async ({ connector, app, question, peer }) => {
		peer.stall();
		const turn = testTurn({ app, text: question, signal: AbortSignal.abort(new Error("too late")) });
		await failure(connector.answer(turn));
		checkTold(turn);
	});
}

/** The answer, when it's one that can be put in the log. */
async function valid(answering: Promise<Answer>, turn: TestTurn): Promise<Answer> {
	const answer = await answering;
	for (const { response } of answer.messages) {
		assert.deepEqual(stentorResponse.parse(response), JSON.parse(JSON.stringify(response)));
	}
	if (answer.handOff?.target !== undefined) assert.ok(answer.handOff.target.length > 0, "an empty target");
	checkTold(turn);
	return answer;
}

async function failure(answering: Promise<Answer>): Promise<Error> {
	const error = await answering.then(
		() => assert.fail("it answered"),
		(reason: unknown) => reason,
	);
	assert.ok(error instanceof Error, `threw ${String(error)}, which is no Error`);
	return error;
}

/** When a turn ends nobody seems to type, and the tries were counted. */
function checkTold({ told }: TestTurn): void {
	const typing = told.flatMap((each) => ("typing" in each ? [each.typing] : []));
	assert.ok(typing.at(-1) !== true, "it still types");
	const tries = told.flatMap((each) => ("tries" in each ? [each] : []));
	assert.deepEqual(
		tries.map((each) => each.tries),
		tries.map((_, index) => index + 1),
	);
	for (const { delayMs, error } of tries) assert.ok(delayMs >= 0 && error.length > 0);
}
