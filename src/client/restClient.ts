import { hc } from "hono/client";
import type { Api } from "../crm/Api.js";
import { ApiError, type Problem } from "./ApiError.js";

export interface RestClientOptions {
	/** Where the server is, such as `http://127.0.0.1:3000`. */
	readonly url: string;
	/** Of an agent or a customer, or an API key; asked for at each request, where it's a function. */
	readonly token?: string | (() => string | undefined | Promise<string | undefined>);
	/** The app that's meant, where the server has several. */
	readonly appId?: string;
	/** Default: the global one. */
	readonly fetch?: typeof fetch;
}

/** Every route of the API by its path: `client.api.customers[":id"].$get({ param: { id } })`. */
export type RestClient = ReturnType<typeof hc<Api>>;

type Input = Parameters<typeof fetch>[0];

/** A client of the REST API, typed by the routes themselves. It holds no connection. */
export function restClient({ url, token, appId, fetch: given = fetch }: RestClientOptions): RestClient {
	return hc<Api>(url, {
		fetch: (input: Input, init?: RequestInit) => given(appId === undefined ? input : withApp(input, appId), init),
		async headers(): Promise<Record<string, string>> {
			const current = typeof token === "function" ? await token() : token;
			return current === undefined ? {} : { Authorization: `Bearer ${current}` };
		},
	});
}

/** What a request was answered: its `data`; undefined where there is no content. Throws `ApiError`, and what `fetch` throws. */
export async function dataOf<T>(
	asked: Promise<{
		readonly ok: boolean;
		readonly status: number;
		readonly headers: Headers;
		json(): Promise<{ data: T } | null>;
	}>,
): Promise<T> {
	const answer = await asked;
	if (answer.ok) return (answer.status === 204 ? undefined : (await answer.json())?.data) as T;
	const problem: Partial<Problem> = await (answer.json() as Promise<unknown>).then(Object, () => ({}));
	const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
	throw new ApiError(answer.status, problem, Number.isNaN(wait) ? undefined : wait);
}

function withApp(input: Input, appId: string): URL {
	const address = new URL(input instanceof Request ? input.url : input);
	address.searchParams.set("appId", appId);
	return address;
}
