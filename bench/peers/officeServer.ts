// The post office as `npm start` runs it, without the CRM and the demo: no conversations' records, no search, no inboxes.
import { createServer } from "node:http";
import { join } from "node:path";
import { environmentApps } from "../../src/apps/environmentApps.js";
import { AdminConnector } from "../../src/connectors/admin/AdminConnector.js";
import { agentTokens } from "../../src/connectors/admin/agentToken.js";
import { WidgetConnector } from "../../src/connectors/widget/WidgetConnector.js";
import { PostOffice } from "../../src/delivery/PostOffice.js";
import { collections } from "../../src/delivery/records.js";
import { silent as monitor } from "../../src/monitoring/Monitor.js";
import { prepareDataDir } from "../../src/server/dataDir.js";
import { collectAlone } from "../../src/server/garbageCollection.js";
import { readSettings } from "../../src/server/settings.js";
import { Load } from "../../src/server/sockets/Load.js";
import { SocketDoor } from "../../src/server/sockets/SocketDoor.js";
import { LibsqlStorage } from "../../src/storage/libsql/LibsqlStorage.js";
import { LocalTransport } from "../../src/transport/local/LocalTransport.js";

collectAlone();
const settings = readSettings(process.env);
const secret = settings.jwtSecret ?? "";
prepareDataDir(settings.dataDir);
const storage = await LibsqlStorage.open({ path: join(settings.dataDir, "office.db"), collections });
const transport = new LocalTransport();
const office = new PostOffice({
	topic: "chat",
	storage,
	transport,
	apps: environmentApps({}),
	connectors: [new AdminConnector(agentTokens(secret)), new WidgetConnector()],
	monitor,
	clock: Date.now,
	secret,
	soleOwner: true,
});
const door = new SocketDoor({ office, load: new Load(), monitor, transport, settings, agentToken: () => undefined });
const http = createServer((_, response) => void response.end("ok"));
http.on("upgrade", (request, socket, head) => void door.enter(request, socket, head));
http.listen(settings.port, "127.0.0.1");

process.once("SIGTERM", async () => {
	await door.close();
	await office.close();
	await storage.close();
	process.exit(0);
});
