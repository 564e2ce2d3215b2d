// The least that can be done with `ws`: who is in a room hears what another one there says; nothing is kept.
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

const http = createServer((_, response) => void response.end("ok"));
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
const rooms = new Map<string, Set<WebSocket>>();

server.on("connection", (socket, { url = "" }) => {
	const name = url.slice(url.indexOf("?") + 1);
	const room = rooms.get(name) ?? new Set();
	rooms.set(name, room.add(socket));
	socket.on("message", (data) => {
		const frame = data.toString();
		const { id } = JSON.parse(frame) as { id: string };
		for (const other of room) if (other !== socket) other.send(frame);
		socket.send(JSON.stringify({ ack: id }));
	});
	socket.on("close", () => {
		room.delete(socket);
		if (room.size === 0) rooms.delete(name);
	});
	socket.on("error", () => {});
	// Says that it's in its room.
	socket.send("{}");
});

http.listen(Number(process.env.PORT), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
