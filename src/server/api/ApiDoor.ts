import type { IncomingMessage, ServerResponse } from "node:http";

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Where requests of the API come in. What serves them is loaded with the first one. */
export class ApiDoor {
	private loading: Promise<Listener> | undefined;
	private listener: Listener | undefined;
	private readonly inHand = new Set<Promise<void>>();

	/** `load` may fail; the next request has it tried again. */
	constructor(private readonly load: () => Promise<Listener>) {}

	/** Whether a request's address is the API's. */
	static isFor(address: string | undefined): boolean {
		return address !== undefined && /^\/api(?!\/docs(?:[/?]|$))(?:[/?]|$)/.test(address);
	}

	serve(request: IncomingMessage, response: ServerResponse): void {
		const served = (this.listener ?? this.loaded)(request, response);
		this.inHand.add(served);
		void served.finally(() => this.inHand.delete(served));
	}

	/** Resolves when everything that has come so far is answered. */
	async idle(): Promise<void> {
		await Promise.allSettled(this.inHand);
	}

	private readonly loaded: Listener = async (request, response) => {
		this.loading ??= this.load();
		try {
			this.listener = await this.loading;
		} catch {
			this.loading = undefined;
			response.writeHead(503, { "Retry-After": "5" }).end();
			return;
		}
		await this.listener(request, response);
	};
}
