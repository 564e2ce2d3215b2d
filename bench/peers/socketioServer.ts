// Socket.IO 4 as its documentation builds a chat: rooms, an acknowledgement, nothing kept.
import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";

const http = createServer((_, response) => void response.end("ok"));
const io = new Server(http, {
	transports: ["websocket"],
	...(process.argv.includes("--recovery") && { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } }),
});

io.on("connection", (socket: Socket) => {
	const room = String(socket.handshake.auth.room);
	// One that was recovered is in its rooms already.
	if (!socket.recovered) void socket.join(room);
	socket.on("message", (message: unknown, acknowledge: () => void) => {
		socket.to(room).emit("message", message);
		acknowledge();
	});
});

http.listen(Number(process.env.PORT), "127.0.0.1");
process.once("SIGTERM", () => process.exit(0));
