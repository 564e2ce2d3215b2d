import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** An address that stays the same, with whoever behind it: bytes go through as they come, and ends as they are. */
export class BotLine {
	private to = 0;
	private readonly server = createServer((caller) => {
		const called = connect(this.to, "127.0.0.1");
		caller.pipe(called).pipe(caller);
		caller.on("error", () => called.destroy()).on("close", () => called.destroy());
		called.on("error", () => caller.destroy()).on("close", () => caller.destroy());
	});

	static async open(): Promise<BotLine> {
		const line = new BotLine();
		await once(line.server.listen(0, "127.0.0.1"), "listening");
		return line;
	}

	get origin(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Connections that are made from now on lead there. */
	lead({ origin }: { readonly origin: string }): void {
		this.to = Number(new URL(origin).port);
	}

	async close(): Promise<void> {
		await new Promise((resolve) => this.server.close(resolve));
	}
}
