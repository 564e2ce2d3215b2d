import { expect } from "@jest/globals";
import { eventually } from "./given.js";

type Fields = Readonly<Record<string, unknown>>;

interface Answer {
	readonly status: number;
	readonly headers: Fields;
	readonly data?: unknown;
	readonly nextCursor?: string;
	readonly code?: string;
	readonly errors?: readonly { readonly field: string }[];
}

export const ADMIN = { ADMIN_EMAIL: "admin@example.com", ADMIN_PASSWORD: "correct horse battery" };

/** Somebody at the REST API, by plain requests as in its documentation. */
export class Rest {
	constructor(
		private readonly url: string,
		private readonly token?: string,
	) {}

	/** The first admin of a server that was given `ADMIN`. */
	static admin(url: string): Promise<Rest> {
		return new Rest(url).signIn(ADMIN.ADMIN_EMAIL, ADMIN.ADMIN_PASSWORD);
	}

	async signIn(email: string, password: string): Promise<Rest> {
		const { accessToken } = await this.ask("POST", "/auth/login", { email, password });
		return new Rest(this.url, String(accessToken));
	}

	/** An agent who has signed in and is online. */
	async agent(
		name: string,
		capacity = 5,
	): Promise<{ readonly id: string; readonly rest: Rest; readonly token: string }> {
		const email = `${name.toLowerCase()}@example.com`;
		const password = `the password of ${name}`;
		const { id } = await this.ask("POST", "/agents", { email, name, capacity, password });
		const rest = await this.signIn(email, password);
		await rest.ask("PUT", `/agents/${id}/status`, { status: "online" });
		return { id: String(id), rest, token: rest.token ?? "" };
	}

	/** What is answered, or the code of why not, with its status and headers. `more`: headers of the request. */
	async answer(method: string, path: string, body?: object, more?: Readonly<Record<string, string>>): Promise<Answer> {
		const headers = {
			...(body && { "Content-Type": "application/json" }),
			...(this.token && { Authorization: `Bearer ${this.token}` }),
			...more,
		};
		const answer = await fetch(`${this.url}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
		const text = await answer.text();
		const told: Pick<Answer, "data" | "code"> = text === "" ? {} : JSON.parse(text);
		return { ...told, status: answer.status, headers: Object.fromEntries(answer.headers) };
	}

	async ask(method: string, path: string, body?: object): Promise<Fields> {
		const answer = await this.answer(method, path, body);
		expect(answer.code).toBeUndefined();
		return answer.data as Fields;
	}

	async list(path: string): Promise<readonly Fields[]> {
		const { data } = await this.answer("GET", path);
		return data as readonly Fields[];
	}

	/** Waits until what is at the path is so. */
	async becomes(path: string, expected: Fields): Promise<void> {
		let last: unknown;
		const isSo = async () => {
			last = (await this.answer("GET", path)).data;
			try {
				expect(last).toMatchObject(expected);
				return true;
			} catch {
				return false;
			}
		};
		// More often would be more requests than one actor may make.
		await eventually(isSo, () => JSON.stringify(last, undefined, 1), 100);
	}
}
