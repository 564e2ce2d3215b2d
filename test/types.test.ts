import { describe, test } from "@jest/globals";
import { expectTypeOf } from "expect-type";
import {
	type AnsweringConnector,
	type Connector,
	defineCollection,
	type Endpoint,
	type ErrorCode,
	MemoryStorage,
	RouterError,
	type Session,
	type SocketConnector,
	type Storage,
	type Transport,
} from "stentor-chat-router";

/** Checked by `npm run types`; running them shows that what they name is there. */
describe("types", () => {
	test("a collection knows its records", () => {
		const notes = defineCollection<{ id: string; text: string }>({ name: "notes", key: { hash: "id" } });
		const read = (storage: Storage) => storage.get(notes, ["a"]);
		expectTypeOf(read).returns.resolves.toEqualTypeOf<{ id: string; text: string } | undefined>();
		// @ts-expect-error: a record lacks a field
		const write = (storage: Storage) => storage.put(notes, { id: "a" });
		expectTypeOf(write).returns.resolves.toEqualTypeOf<void>();
		expectTypeOf(MemoryStorage).instance.toExtend<Storage>();
	});

	test("an error's code is one of the list", () => {
		expectTypeOf<RouterError["code"]>().toEqualTypeOf<ErrorCode>();
		expectTypeOf(RouterError).toBeConstructibleWith("internal");
		// @ts-expect-error: no such code
		expectTypeOf(RouterError).toBeConstructibleWith("nothing");
	});

	test("connectors are told apart by whether they answer", () => {
		expectTypeOf<Extract<Connector, { answers: true }>>().toEqualTypeOf<AnsweringConnector>();
		expectTypeOf<Extract<Connector, { answers: false }>>().toEqualTypeOf<SocketConnector>();
	});

	test("what is handed out can't be changed", () => {
		expectTypeOf<Session["participants"][number]["endpoints"]>().toEqualTypeOf<readonly Endpoint[]>();
		expectTypeOf<Endpoint["permissions"]>().toEqualTypeOf<{ readonly sends: boolean; readonly receives: boolean }>();
		expectTypeOf<Awaited<ReturnType<Transport["post"]>>>().toEqualTypeOf<"sent" | "gone">();
	});
});
