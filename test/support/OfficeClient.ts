import type { TestOffice } from "./office.js";

/** A client of a post office, whose connections are arrays of frames. */
export abstract class OfficeClient<At extends Pick<TestOffice, "office" | "transport">> {
	/** All that it has had, the newest last. */
	protected readonly connections: string[] = [];

	constructor(
		protected readonly at: At,
		readonly query: Record<string, string>,
	) {}

	get connection(): string {
		return this.connections.at(-1) ?? "";
	}

	set connection(connection: string) {
		this.connections.push(connection);
	}

	async connect(): Promise<void> {
		await this.arrive();
		await this.at.office.welcome(this.connection);
		await this.at.office.idle();
	}

	/** Connects, as on API Gateway, where it can't be welcomed. */
	async arrive(): Promise<void> {
		this.connection = this.at.transport.open();
		await this.at.office.connect({ connection: this.connection, query: this.query, headers: {} });
	}

	async drop(ending: { clean?: boolean } = {}): Promise<void> {
		this.at.transport.drop(this.connection);
		await this.at.office.disconnect(this.connection, ending);
		await this.at.office.idle();
	}
}
