import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";

export interface DynamodbLocal {
	readonly endpoint: string;
	readonly client: DynamoDBClient;
	stop(): Promise<void>;
}

/**
 * AWS's DynamoDB Local has no option for the address it listens on, and takes all. Its jars hold Jetty's own starter as
 * well, which reads what to start from a file: the same request handler, on the loopback interface and a free port.
 * The arguments: a port to name in messages, in memory, no folder, not shared between credentials, no slow tables.
 */
const JETTY = `<Configure class="org.eclipse.jetty.server.Server">
	<Call name="addConnector">
		<Arg>
			<New id="connector" class="org.eclipse.jetty.server.nio.SelectChannelConnector">
				<Set name="host">127.0.0.1</Set>
				<Set name="port">0</Set>
			</New>
		</Arg>
	</Call>
	<Set name="handler">
		<New class="com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler">
			<Arg>
				<New class="com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler">
					<Arg type="int">0</Arg><Arg type="boolean">true</Arg><Arg/><Arg type="boolean">false</Arg><Arg type="boolean">false</Arg>
				</New>
			</Arg>
			<Arg/>
		</New>
	</Set>
	<Call name="start"/>
	<Get class="java.lang.System" name="out"><Call name="println"><Arg><Ref id="connector"/></Arg></Call></Get>
</Configure>
`;

/** Starts a DynamoDB Local of one's own (1.5 s), with nothing in it; or says why it can't be: it needs Java 8 or newer. */
export async function startDynamodbLocal(): Promise<DynamodbLocal | { missing: string }> {
	const home = join(dirname(createRequire(import.meta.url).resolve("local-dynamo/package.json")), "aws_dynamodb_local");
	const libraries = join(home, "DynamoDBLocal_lib");
	const folder = await mkdtemp(join(tmpdir(), "dynamodb-local-"));
	const configuration = join(folder, "jetty.xml");
	await writeFile(configuration, JETTY);
	const classes = [join(home, "DynamoDBLocal.jar"), join(libraries, "*")].join(delimiter);
	const java = spawn(
		"java",
		[`-Djava.library.path=${libraries}`, "-cp", classes, "org.eclipse.jetty.xml.XmlConfiguration", configuration],
		{ stdio: ["ignore", "pipe", "pipe"] },
	);
	const kill = () => java.kill("SIGKILL");
	process.once("exit", kill);
	const stop = async () => {
		process.off("exit", kill);
		if (java.pid !== undefined && java.exitCode === null && java.signalCode === null) {
			const exit = once(java, "exit");
			kill();
			await exit;
		}
		await rm(folder, { recursive: true, force: true });
	};
	try {
		const endpoint = `http://127.0.0.1:${await portOf(java)}`;
		const client = new DynamoDBClient(localSettings(endpoint));
		return {
			endpoint,
			client,
			stop: async () => {
				client.destroy();
				await stop();
			},
		};
	} catch (error) {
		await stop();
		return {
			missing: `DynamoDB Local did not start. It needs Java 17 or newer: install it, so that "java" runs. ${error}`,
		};
	}
}

/** Settings of a client for DynamoDB Local, which takes any credentials: whoever has others has tables of their own. */
export function localSettings(endpoint: string, accessKeyId = "local"): DynamoDBClientConfig {
	return { endpoint, region: "us-east-1", credentials: { accessKeyId, secretAccessKey: "local" } };
}

/** Jetty prints its connector, with the port it got, once it answers. */
function portOf(java: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		let said = "";
		const hear = (text: Buffer) => {
			said += text;
			const port = said.match(/Connector@127\.0\.0\.1:(\d+)/)?.[1];
			if (port) resolve(port);
		};
		java.stdout?.on("data", hear);
		java.stderr?.on("data", hear);
		java.once("error", reject);
		java.once("exit", (code) => reject(new Error(`It ended with ${code}. ${said}`)));
		setTimeout(() => reject(new Error(`No answer in 30 s. ${said}`)), 30_000).unref();
	});
}
