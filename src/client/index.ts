export type { Api } from "../crm/Api.js";
export { ApiError, type Problem, type WrongField } from "./ApiError.js";
export { dataOf, type RestClient, type RestClientOptions, restClient } from "./restClient.js";
