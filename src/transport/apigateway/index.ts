export { ApiGatewayTransport, type ApiGatewayTransportOptions } from "./ApiGatewayTransport.js";
export { type CallbackContext, callbackUrl } from "./callbackUrl.js";
