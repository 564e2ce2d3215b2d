import { Attendance } from "./Attendance.js";
import { Background } from "./Background.js";
import { Connections } from "./Connections.js";
import { Counter } from "./Counter.js";
import { Cursors } from "./Cursors.js";
import { Departures } from "./Departures.js";
import { Erasing } from "./Erasing.js";
import { Fanout } from "./Fanout.js";
import { Files } from "./Files.js";
import { FrameOrder } from "./FrameOrder.js";
import { newId } from "./identity.js";
import { Letterbox } from "./Letterbox.js";
import { Memberships } from "./Memberships.js";
import { Notices } from "./Notices.js";
import { Plugins } from "./Plugins.js";
import type { Mark } from "./Posting.js";
import { type PostOfficePorts, Switchboard } from "./ports.js";
import { SessionLog } from "./SessionLog.js";
import { Steering } from "./Steering.js";
import { Sweep } from "./Sweep.js";
import { Turns } from "./Turns.js";

/** What a post office is made of. */
export interface Rooms {
	readonly background: Background;
	readonly log: SessionLog;
	readonly fanout: Fanout;
	readonly cursors: Cursors;
	readonly connections: Connections;
	readonly attendance: Attendance;
	readonly departures: Departures;
	readonly erasing: Erasing;
	readonly counter: Counter;
	readonly letterbox: Letterbox;
	readonly frames: FrameOrder;
	readonly notices: Notices;
	readonly steering: Steering;
	readonly sweep: Sweep;
	readonly plugins: Plugins;
}

/** Everything that a post office of these ports is made of, put together. */
export function furnish(ports: PostOfficePorts): Rooms {
	const { topic, storage, transport, apps, connectors, monitor, clock, soleOwner } = ports;
	const instance = newId();
	// What another instance began on a storage that is ours alone, a dead process began.
	const isDead = (other: string) => soleOwner && other !== instance;
	const background = new Background(monitor);
	const track = (what: string, work: Promise<unknown>) => background.track(what, work);
	const switchboard = new Switchboard(apps, connectors);
	const log = new SessionLog(storage, clock, soleOwner);
	const cursors = new Cursors(storage, monitor, soleOwner);
	const connections = new Connections(topic, storage, switchboard, clock, soleOwner);
	const memberships = new Memberships(topic, storage, clock);
	const fanout: Fanout = new Fanout({
		transport,
		monitor,
		clock,
		track,
		dialectOf: (connector) => switchboard.sockets.get(connector)?.dialect,
		lost: (target, seq) => track("detaching", departures.lost(target, seq)),
		catchUp: (target) => track("catching up", attendance.catchUp(target)),
	});
	const attendance: Attendance = new Attendance({
		...ports,
		log,
		fanout,
		cursors,
		connections,
		switchboard,
		memberships,
		track,
	});
	const departures: Departures = new Departures({
		log,
		fanout,
		cursors,
		connections,
		memberships,
		transport,
		catchUp: (target) => attendance.catchUp(target),
	});
	const connector = (name: string) => switchboard.answering.get(name);
	const turns = new Turns({ log, fanout, monitor, instance, isDead, connector });
	const files = new Files(storage, ports.files);
	const commanding = {
		roster: ports.roster,
		permits: ports.permits,
		log,
		fanout,
		files,
		cursors,
		attendance,
		departures,
		turns,
		switchboard,
		monitor,
		instance,
		clock,
		track,
	};
	const counter = new Counter(commanding);
	const letterbox = new Letterbox({ ...commanding, topic, secret: ports.secret, memberships });
	const steering = new Steering({
		topic,
		secret: ports.secret,
		log,
		attendance,
		departures,
		connections,
		turns,
		switchboard,
		track,
	});
	const sweep = new Sweep({
		topic,
		storage,
		apps,
		switchboard,
		log,
		departures,
		turns,
		monitor,
		isDead,
		track,
	});
	const plugins = new Plugins(topic, storage, monitor, ports.feed !== "given");
	const erasing = new Erasing({
		storage,
		log,
		fanout,
		cursors,
		memberships,
		plugins,
		async end(address) {
			await transport.disconnect(address, "The conversation was erased.");
			await departures.depart(address.connection, false);
		},
	});
	log.onAppended = (head) => {
		plugins.wake();
		return fanout.entries(head);
	};
	transport.onConfirmed = (_connection, mark) => attendance.hasArrived(mark as Mark);
	const frames = new FrameOrder();
	const notices = new Notices({ log, fanout, connections, frames, transport, monitor, clock, departures });
	return {
		background,
		log,
		fanout,
		cursors,
		connections,
		attendance,
		departures,
		erasing,
		counter,
		letterbox,
		frames,
		notices,
		steering,
		sweep,
		plugins,
	};
}
