import type { Server } from "node:http";
import { serve as listen } from "@hono/node-server";
import type { Service } from "./app.ts";
import { logger } from "./logger.ts";

/**
 * How a program ends when Kubernetes asks it to (SIGTERM), in milliseconds. Before that, the pod's preStop hook has waited
 * until load balancers stopped sending new clients here; what remains is clients with connections that they keep open.
 */
export const drainTimes = {
  /** It goes on answering, each answer with `Connection: close`, so that clients leave by themselves. */
  answer: 2_000,
  /** Then it takes no connection, and what is still being answered may go on for so long. */
  finish: 12_000,
};

export interface ServeOptions {
  port: number;
  /** @default all */
  hostname?: string;
  /** @default drainTimes */
  times?: typeof drainTimes;
}

/** Listens until the process is asked to end (SIGTERM, SIGINT), then drains without failing a request, and ends it. */
export function serve(
  { app, drain }: Service,
  { port, hostname, times = drainTimes }: ServeOptions,
): Server {
  const server = listen(
    { fetch: app.fetch, port, ...(hostname ? { hostname } : {}) },
    ({ port }) => logger.info({ port }, "listening"),
  ) as Server;
  // Longer than load balancers keep idle connections (60 s is common), or they would use one that just closed.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.on("error", (error) => {
    logger.fatal({ err: error }, `can't listen on port ${port}`);
    process.exit(1);
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, async () => {
      logger.info({ signal }, "draining");
      drain();
      await close(server, times);
      logger.info("drained");
      process.exit(0);
    });
  return server;
}

/** Closes a server so that no request fails that a client has begun; connections that outlast `times` are cut. */
export async function close(server: Server, times = drainTimes): Promise<void> {
  server.prependListener("request", (_request, response) => {
    response.shouldKeepAlive = false;
  });
  await delay(times.answer);
  const closed = new Promise((resolve) => server.close(resolve));
  const cut = setTimeout(() => server.closeAllConnections(), times.finish);
  await closed;
  clearTimeout(cut);
}

const delay = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
