import { once } from "node:events";
import { Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, jest, test } from "@jest/globals";
import { givenServer } from "./given.js";

afterEach(() => {
	jest.restoreAllMocks();
});

test("who comes as soon as the server listens is answered", async () => {
	const listening = jest.spyOn(Server.prototype, "listen");
	const starting = givenServer();
	while (listening.mock.contexts.length === 0) await new Promise((resolve) => setImmediate(resolve));
	const [server] = listening.mock.contexts as Server[];
	if (server && !server.listening) await once(server, "listening");
	const address = server?.address();
	const socket = connect(typeof address === "object" && address ? address.port : 0, "127.0.0.1");
	socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n.*ok/s);
	await starting;
});
