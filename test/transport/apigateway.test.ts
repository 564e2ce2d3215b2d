import { setTimeout as wait } from "node:timers/promises";
import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { transportSuite } from "../../src/testing/transportSuite.js";
import { ApiGatewayTransport, type ApiGatewayTransportOptions } from "../../src/transport/apigateway/index.js";
import { CREDENTIALS, type ManagementApi, managementApi } from "../support/managementApi.js";

Object.assign(process.env, CREDENTIALS);

function connectTo(api: ManagementApi) {
	const { id, received, ended, close } = api.connect();
	return { address: { connection: id, url: api.url }, received, ended, closeByPeer: async () => close() };
}

transportSuite(test, async () => {
	const [api, transport] = [await managementApi(), new ApiGatewayTransport()];
	const close = async () => {
		await transport.close();
		await api.close();
	};
	return { transport, connect: async () => connectTo(api), close };
});

let api: ManagementApi;
let transport: ApiGatewayTransport;

function make(options?: ApiGatewayTransportOptions) {
	transport = new ApiGatewayTransport({ retryWithinMs: 600, ...options });
	return transport;
}

beforeEach(async () => {
	api = await managementApi();
	make();
});

afterEach(async () => {
	await transport.close();
	await api.close();
});

describe("requests", () => {
	test("go to the stage's @connections, and keep their socket", async () => {
		const { address } = connectTo(api);
		for (let i = 0; i < 3; i++) await transport.post(address, "frame");
		await transport.disconnect(address);
		const path = `/prod/@connections/${encodeURIComponent(address.connection)}`;
		expect(api.requests).toMatchObject([
			...Array(3).fill({ method: "POST", path, status: 200 }),
			{ method: "DELETE", path, status: 204 },
		]);
		expect(await api.sockets()).toBe(1);
	});

	test("go to the root of a custom domain", async () => {
		const custom = await managementApi("");
		const { address, received } = connectTo(custom);
		expect(await transport.post(address, "frame")).toBe("sent");
		expect(received).toEqual(["frame"]);
		await custom.close();
	});

	test("without a right signature are refused by the stand-in", async () => {
		const credentials = { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: "another" };
		make({ clientFor: (endpoint) => new ApiGatewayManagementApiClient({ endpoint, credentials, maxAttempts: 1 }) });
		await expect(transport.post(connectTo(api).address, "frame")).rejects.toMatchObject({
			code: "transport_failed",
			cause: { name: "InvalidSignatureException" },
		});
	});

	test("aren't made for an address without a URL", async () => {
		await expect(transport.post({ connection: "abc=" }, "frame")).rejects.toMatchObject({ code: "transport_failed" });
	});
});

describe("gone", () => {
	test("is a 410, whatever it is called", async () => {
		api.next({ status: 410, name: "Unknown" });
		expect(await transport.post(connectTo(api).address, "frame")).toBe("gone");
	});

	test("is an id that API Gateway can't have made", async () => {
		expect(await transport.post({ connection: "no id", url: api.url }, "frame")).toBe("gone");
	});

	test("isn't every 400", async () => {
		api.next({ status: 400, name: "BadRequestException", message: "Something else" });
		await expect(transport.post(connectTo(api).address, "frame")).rejects.toMatchObject({ code: "transport_failed" });
	});
});

describe("retries", () => {
	test.each([
		["throttling", { status: 429, name: "LimitExceededException" }],
		["a fault of API Gateway's", { status: 503 }],
	])("get over %s", async (_, answer) => {
		const { address, received } = connectTo(api);
		api.next(answer, answer);
		expect(await transport.post(address, "frame")).toBe("sent");
		expect(received).toEqual(["frame"]);
	});

	test("get over a socket that was cut", async () => {
		// Given as the SDK gives it: what Node throws inside jest isn't an Error of jest's, and loses its code in the SDK.
		const errors = ["ECONNRESET", "EPIPE"].map((code) => Object.assign(new Error("socket hang up"), { code }));
		const send = async () => {
			const error = errors.shift();
			if (error) throw error;
			return {};
		};
		make({ clientFor: () => ({ send }) as unknown as ApiGatewayManagementApiClient });
		expect(await transport.post(connectTo(api).address, "frame")).toBe("sent");
		expect(errors).toEqual([]);
	});

	test("end, and aren't multiplied by the SDK's", async () => {
		const { address, received } = connectTo(api);
		api.always({ status: 429, name: "LimitExceededException" });
		await expect(transport.post(address, "frame")).rejects.toMatchObject({
			code: "transport_failed",
			retryable: true,
			cause: { name: "LimitExceededException" },
		});
		expect(api.requests).toHaveLength(4);
		api.always(undefined);
		expect(await transport.post(address, "later")).toBe("sent");
		expect(received).toEqual(["later"]);
	});

	test("begin within their time only", async () => {
		make({ retryWithinMs: 200 });
		api.always({ status: 500, delayMs: 150 });
		await expect(transport.post(connectTo(api).address, "frame")).rejects.toMatchObject({ code: "transport_failed" });
		expect(api.requests.length).toBeLessThan(4);
	});

	test("can be off", async () => {
		make({ retries: 0 });
		api.always({ status: 500 });
		await expect(transport.post(connectTo(api).address, "frame")).rejects.toMatchObject({ code: "transport_failed" });
		expect(api.requests).toHaveLength(1);
	});

	test("also serve disconnecting", async () => {
		const { address, ended } = connectTo(api);
		api.next({ status: 429 });
		await transport.disconnect(address);
		await ended;
	});
});

describe("failures", () => {
	test("of permission are told at once, with what to look at", async () => {
		api.next({ status: 403, name: "ForbiddenException", message: "Forbidden" });
		const failed = transport.post(connectTo(api).address, "frame");
		await expect(failed).rejects.toThrow(/answered 403 \(ForbiddenException\).*execute-api:ManageConnections/);
		expect(api.requests).toHaveLength(1);
	});

	test("of a wrong stage are told", async () => {
		const { address } = connectTo(api);
		const wrong = { ...address, url: address.url.replace("prod", "dev") };
		await expect(transport.post(wrong, "frame")).rejects.toMatchObject({ code: "transport_failed" });
	});

	test("of size are `frame_too_large` when only API Gateway notices", async () => {
		api.next({ status: 413, name: "PayloadTooLargeException" });
		await expect(transport.post(connectTo(api).address, "frame")).rejects.toMatchObject({ code: "frame_too_large" });
	});

	test("of a frame over the limit cost no request", async () => {
		await expect(transport.post(connectTo(api).address, "x".repeat(128 * 1024 + 1))).rejects.toThrow(/131073 bytes/);
		expect(api.requests).toEqual([]);
	});

	test("of a server that isn't there are told", async () => {
		const { address } = connectTo(api);
		await api.close();
		await expect(transport.post(address, "frame")).rejects.toThrow(/can't be reached/);
		api = await managementApi();
	});

	test("of a server that doesn't answer are told after 3 s, and not tried again: the frame may have arrived", async () => {
		const { address, received } = connectTo(api);
		make({ retryWithinMs: 60_000 });
		api.always({ delayMs: 3_500 });
		await expect(transport.post(address, "frame")).rejects.toMatchObject({ cause: { name: "TimeoutError" } });
		await wait(700);
		expect(received).toEqual(["frame"]);
	});
});

describe("clients", () => {
	test("are one for each URL", async () => {
		const other = await managementApi();
		const asked: string[] = [];
		make({
			clientFor: (url) => {
				asked.push(url);
				return undefined;
			},
		});
		const [here, there] = [connectTo(api), connectTo(other)];
		await Promise.all(Array.from({ length: 5 }, () => transport.post(here.address, "here")));
		expect(await transport.post(there.address, "there")).toBe("sent");
		expect(await transport.post({ ...there.address, url: api.url }, "lost")).toBe("gone");
		expect(asked).toEqual([api.url, other.url]);
		expect([here.received, there.received]).toEqual([Array(5).fill("here"), ["there"]]);
		await other.close();
	});

	test("are kept for the last URLs only", async () => {
		const asked: string[] = [];
		const send = async () => ({});
		make({
			clientFor: (url) => {
				asked.push(url);
				return { send } as unknown as ApiGatewayManagementApiClient;
			},
		});
		const post = (n: number) => transport.post({ connection: "id=", url: `https://${n}.example` }, "frame");
		for (let n = 0; n < 32; n++) await post(n);
		await post(0);
		await post(32);
		await post(0);
		expect(asked).toHaveLength(33);
		await post(1);
		expect(asked.at(-1)).toBe("https://1.example");
	});

	test("that couldn't be made are made again", async () => {
		const { address } = connectTo(api);
		let failing = true;
		make({
			clientFor: () => {
				if (failing) throw new Error("no credentials yet");
				return undefined;
			},
		});
		await expect(transport.post(address, "frame")).rejects.toThrow(/no credentials yet/);
		failing = false;
		expect(await transport.post(address, "frame")).toBe("sent");
	});

	test("made here are closed, injected ones aren't", async () => {
		let destroyed = 0;
		const injected = new ApiGatewayManagementApiClient({ endpoint: api.url });
		const destroy = injected.destroy.bind(injected);
		injected.destroy = () => {
			destroyed++;
		};
		await transport.post(connectTo(api).address, "frame");
		expect(await api.sockets()).toBe(1);
		await transport.close();
		await wait(50);
		expect(await api.sockets()).toBe(0);

		make({ clientFor: () => injected });
		await transport.post(connectTo(api).address, "frame");
		await transport.close();
		await wait(50);
		expect(destroyed).toBe(0);
		expect(await api.sockets()).toBe(1);
		destroy();
	});
});
