import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Job } from "../Job.js";

export interface RestThroughput {
	readonly answersPerSecond: number;
	/** Answers with another status than 200. */
	readonly failed: number;
	readonly bytes: number;
	/** What the load generator used of one CPU: near 1 it's the limit, not the server. */
	readonly generatorCpu: number;
}

/** Asks for the same path again and again, over as many connections as the window says; each has one request in flight. */
export async function rest(job: Job, mark: (name: string) => void): Promise<RestThroughput> {
	const counts = { answers: 0, failed: 0, bytes: 0 };
	const lines = Array.from({ length: job.window }, () => ask(job, counts));
	await pause(job.warmUpSeconds * 1000);
	mark("begin");
	const before = { ...counts, at: performance.now(), cpu: process.cpuUsage() };
	await pause(job.seconds * 1000);
	const ms = performance.now() - before.at;
	const cpu = process.cpuUsage(before.cpu);
	mark("end");
	const answers = counts.answers - before.answers;
	for (const line of lines) (await line).destroy();
	return {
		answersPerSecond: (answers / ms) * 1000,
		failed: counts.failed,
		bytes: counts.bytes,
		generatorCpu: (cpu.user + cpu.system) / 1000 / ms,
	};
}

/** One connection. It reads no more of an answer than it must: a client of HTTP would be the limit of what's measured. */
async function ask({ origin, path = "/", token }: Job, counts: { answers: number; failed: number; bytes: number }) {
	const [host = "", port] = origin.split(":");
	const socket = connect({ host, port: Number(port), noDelay: true });
	const request = `GET ${path} HTTP/1.1\r\nHost: ${origin}\r\nAuthorization: Bearer ${token}\r\n\r\n`;
	let read = "";
	socket.setEncoding("latin1").on("data", (text: string) => {
		read += text;
		const head = read.indexOf("\r\n\r\n");
		if (head < 0 || read.length < head + 4 + lengthOf(read.slice(0, head), read)) return;
		counts.answers++;
		counts.bytes = read.length;
		if (!read.startsWith("HTTP/1.1 200")) counts.failed++;
		read = "";
		socket.write(request);
	});
	await once(socket, "connect");
	socket.write(request);
	return socket;
}

/** How long the body is; one whose length isn't told ends with an empty chunk. */
function lengthOf(head: string, read: string): number {
	const [, length] = head.match(/content-length: (\d+)/i) ?? [];
	if (length !== undefined) return Number(length);
	return read.endsWith("\r\n0\r\n\r\n") ? 0 : Number.POSITIVE_INFINITY;
}
