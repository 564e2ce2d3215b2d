import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { pinoMonitor } from "../../src/monitoring/pinoMonitor.js";
import { RouterError } from "../../src/protocol/errors.js";

test("The log is lines of JSON: level, time, event and fields; errors by code, message, stack and causes only", () => {
	const stream = new PassThrough();
	const monitor = pinoMonitor("info", stream);
	monitor.debug("unheard");
	monitor.info("started", { app: "shop" });
	const cause = Object.assign(new Error("socket hang up"), { code: "ECONNRESET", request: { key: "S3CRET" } });
	monitor.error("turn failed", new RouterError("connector_failed", "The bot is gone.", { cause }), { trace: "t1" });
	monitor.error("odd", { secret: "S3CRET" });
	const text = String(stream.read());
	const [started, failed, odd, ...rest] = text
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(rest).toEqual([]);
	expect(started).toEqual({ level: "info", time: expect.stringMatching(/^\d{4}-.*Z$/), event: "started", app: "shop" });
	expect(failed).toMatchObject({
		level: "error",
		event: "turn failed",
		trace: "t1",
		error: {
			code: "connector_failed",
			stack: expect.any(String),
			cause: { code: "ECONNRESET", message: "socket hang up" },
		},
	});
	expect(odd.error).toEqual({ message: "a thrown object" });
	expect(text).not.toContain("S3CRET");
});

test("A cause that leads back to itself ends", () => {
	const stream = new PassThrough();
	const error = new Error("round");
	error.cause = error;
	pinoMonitor("error", stream).error("round", error);
	expect(String(stream.read()).length).toBeLessThan(20_000);
});
