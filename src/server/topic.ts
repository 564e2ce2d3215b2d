/** The server's post office: it scopes its records. */
export const TOPIC = "chat";
