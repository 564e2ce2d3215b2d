// The least that can be done with Hono on Node: a route that answers the same JSON as ours, out of memory.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const conversation = JSON.parse(process.env.CONVERSATION ?? "{}") as Record<string, unknown>;
const app = new Hono();
app.get("/healthz", (context) => context.text("ok"));
app.get("/api/conversations/:id", (context) =>
	context.json({ data: { ...conversation, id: context.req.param("id") } }),
);

serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
process.once("SIGTERM", () => process.exit(0));
