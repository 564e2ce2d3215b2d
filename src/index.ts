export { APP_ID, type App, type Apps, type BotSettings } from "./apps/Apps.js";
export { environmentApps } from "./apps/environmentApps.js";
export { SecretsManagerApps, type SecretsManagerAppsOptions } from "./apps/SecretsManagerApps.js";
export { StaticApps, type StaticAppsOptions } from "./apps/StaticApps.js";
export { AdminConnector, type AgentIdentity, type AgentTokenVerifier } from "./connectors/admin/AdminConnector.js";
export { type AgentTokenOptions, agentTokens, createAgentToken } from "./connectors/admin/agentToken.js";
export type {
	Admission,
	Answer,
	AnsweringConnector,
	Connector,
	ConnectRequest,
	Invitation,
	SocketConnector,
	TranscriptLine,
	Turn,
} from "./connectors/Connector.js";
export { ChatAgentConnector, type ChatAgentVerifier } from "./connectors/chat/ChatAgentConnector.js";
export { ChatCustomerConnector, type ChatCustomerConnectorOptions } from "./connectors/chat/ChatCustomerConnector.js";
export type { CustomerArrival, FrontDesk, Reception } from "./connectors/chat/FrontDesk.js";
export { StentorConnector, type StentorConnectorOptions } from "./connectors/stentor/StentorConnector.js";
export { WidgetConnector } from "./connectors/widget/WidgetConnector.js";
export type { Arriving } from "./delivery/Connections.js";
export type { Act, Acting, Person } from "./delivery/Letterbox.js";
export type { Plugin } from "./delivery/Plugins.js";
export type { FileDesk, PostOfficePorts } from "./delivery/ports.js";
export { collections } from "./delivery/records.js";
export type { Endpoint, Session, SessionParticipant } from "./delivery/Session.js";
export type { WsCallback, WsContext, WsEvent, WsResult } from "./handlers/events.js";
export {
	createWsHandlers,
	type WsAsyncHandler,
	type WsHandler,
	wsConnectionHandler,
	wsDisconnectionHandler,
	wsHandler,
	wsMessageHandler,
} from "./handlers/wsHandlers.js";
export { type JsonMonitorOptions, jsonMonitor, type LogLevel } from "./monitoring/jsonMonitor.js";
export { type Fields, type Monitor, silent } from "./monitoring/Monitor.js";
export { PostOffice, type PostOfficeOptions } from "./presets/PostOffice.js";
export { chatDialect } from "./protocol/chat/ChatDialect.js";
export type { ChatFrameType, ChatMessage, ClientAction } from "./protocol/chat/frames.js";
export type { Command, Dialect, Greeting, Incoming, Profile, Reader, Signal } from "./protocol/Dialect.js";
export type { Attachment, Audience, Content, Entry, Role, Sender } from "./protocol/envelope.js";
export { ConditionFailed, ERRORS, type ErrorCode, RouterError } from "./protocol/errors.js";
export { LIMITS } from "./protocol/limits.js";
export type { RouterEvent, RouterMessage, VisitorInfo } from "./protocol/router/frames.js";
export { routerDialect } from "./protocol/router/RouterDialect.js";
export {
	handOffOf,
	requestText,
	responseText,
	type StentorRequest,
	type StentorResponse,
	textRequest,
	textResponse,
} from "./protocol/stentor.js";
export { MemoryStorage, type MemoryStorageOptions } from "./storage/memory/MemoryStorage.js";
export {
	type AnyCollection,
	type Change,
	type Collection,
	type Condition,
	defineCollection,
	type Json,
	type Key,
	type KeyDeclaration,
	type KeyType,
	type Page,
	type Path,
	type Query,
	type Range,
	type Storage,
	type Test,
	type Write,
} from "./storage/Storage.js";
export { LocalTransport, type LocalTransportOptions } from "./transport/local/LocalTransport.js";
export type { Address, PostResult, Transport } from "./transport/Transport.js";
