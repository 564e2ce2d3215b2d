import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach } from "@jest/globals";
import { hc } from "hono/client";
import { fixedApp } from "../../../src/apps/fixedApp.js";
import { StaticApps } from "../../../src/apps/StaticApps.js";
import { type Api, apiRoutes } from "../../../src/crm/Api.js";
import { Accounts } from "../../../src/crm/access/Accounts.js";
import type { Scope } from "../../../src/crm/access/Actor.js";
import { AgentAccess } from "../../../src/crm/access/AgentAccess.js";
import { ApiKeys } from "../../../src/crm/access/ApiKeys.js";
import { Attempts } from "../../../src/crm/access/Attempts.js";
import { ConnectTickets } from "../../../src/crm/access/ConnectTickets.js";
import { CustomerTokens } from "../../../src/crm/access/CustomerTokens.js";
import { accessCollections } from "../../../src/crm/access/records.js";
import { SignIn } from "../../../src/crm/access/SignIn.js";
import { Agents } from "../../../src/crm/agents/Agents.js";
import { Availability } from "../../../src/crm/agents/Availability.js";
import { agentCollections } from "../../../src/crm/agents/assignmentRecords.js";
import { Customers } from "../../../src/crm/customers/Customers.js";
import { customerCollections } from "../../../src/crm/customers/records.js";
import { type ApiPorts, DEFAULT_LIMITS } from "../../../src/crm/http/ApiPorts.js";
import { Authentication } from "../../../src/crm/http/Authentication.js";
import { createApi } from "../../../src/crm/http/createApi.js";
import { Idempotency } from "../../../src/crm/http/idempotency/Idempotency.js";
import { idempotencyKeys } from "../../../src/crm/http/idempotency/records.js";
import { MemoryStorage } from "../../../src/storage/memory/MemoryStorage.js";
import { Notes, TestClock } from "../../support/office.js";
import { CHEAP, PASSWORD, SECRET } from "../access/given.js";

export const APP = "shop";
export { PASSWORD };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const COLLECTIONS = [...agentCollections, ...accessCollections, ...customerCollections, idempotencyKeys];

/** The API on a server of its own, on memory. */
export class Office {
	readonly clock = new TestClock();
	readonly notes = new Notes();
	readonly storage = new MemoryStorage({ collections: COLLECTIONS, clock: this.clock.read });
	private readonly ports = { topic: "t", storage: this.storage, clock: this.clock.read };
	readonly agents = new Agents(this.ports);
	readonly accounts: Accounts = new Accounts({
		...this.ports,
		agents: this.agents,
		cost: CHEAP,
		onRevoked: (app, id) => this.authentication.forget(app, id),
	});
	readonly customers = new Customers(this.storage, this.clock.read);
	readonly availability = new Availability(this.ports);
	readonly connectTickets = new ConnectTickets(this.ports);
	readonly apiKeys = new ApiKeys(this.ports);
	readonly customerTokens = new CustomerTokens({ secret: SECRET, clock: this.clock.read });
	readonly signIn = new SignIn({
		...this.ports,
		secret: SECRET,
		agents: this.agents,
		accounts: this.accounts,
		attempts: new Attempts(this.ports),
	});
	readonly authentication: Authentication = new Authentication({
		apps: fixedApp(new StaticApps([{ id: APP }]), APP),
		agentAccess: new AgentAccess({ secret: SECRET, agents: this.agents, accounts: this.accounts }),
		customerTokens: this.customerTokens,
		apiKeys: this.apiKeys,
		clock: this.clock.read,
	});
	url = "";

	/** Closed after the test. */
	static async open(given: Partial<ApiPorts> = {}): Promise<Office> {
		const office = new Office();
		const api = createApi(apiRoutes(office), {
			authentication: office.authentication,
			idempotency: new Idempotency({ ...office.ports, secret: SECRET }),
			monitor: office.notes,
			allowedOrigins: [],
			limits: DEFAULT_LIMITS,
			about: { title: "Chat", version: "1.0.0" },
			...given,
		});
		const listener = getRequestListener(
			(request, { incoming }) => api.fetch(request, { address: incoming.socket.remoteAddress }),
			{ overrideGlobalObjects: false },
		);
		const server = createServer((request, response) => void listener(request, response));
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		office.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		cleanups.push(() => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(resolve));
		});
		return office;
	}

	/** The typed client of somebody. */
	client(token?: string) {
		return hc<Api>(this.url, { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
	}

	/** Any request, as it is. */
	ask(method: string, path: string, { token, body, ...headers }: Record<string, string | undefined> = {}) {
		return fetch(this.url + path, {
			method,
			body,
			headers: {
				...(body !== undefined && { "Content-Type": "application/json" }),
				...(token !== undefined && { Authorization: `Bearer ${token}` }),
				...Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value ? [[name, value]] : []))),
			},
		});
	}

	/** The access token of a new agent. */
	async staff(role: "agent" | "admin" = "agent", email = `${role}@example.com`): Promise<string> {
		await this.accounts.create(APP, { email, name: role }, { role, password: PASSWORD });
		const { accessToken } = await this.signIn.login(APP, { email, password: PASSWORD }, "192.0.2.1");
		return accessToken;
	}

	async server(...scopes: Scope[]): Promise<string> {
		return (await this.apiKeys.create(APP, { name: "test", scopes })).key;
	}
}
