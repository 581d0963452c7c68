import type { Server } from "node:http";
import { serve as listen } from "@hono/node-server";
import { logger } from "../observability/logger.ts";
import type { Service } from "./app.ts";
import { gracefulShutdown, type ShutdownTimes } from "./drain.ts";
import {
  defaultKeepAlive,
  type KeepAlive,
  keepConnections,
} from "./keep-alive.ts";

/**
 * How a program ends when Kubernetes asks it to (SIGTERM). Before that, the pod's preStop hook has waited until load
 * balancers stopped sending new clients here; what remains is clients with connections that they keep open.
 */
const shutdownTimes: ShutdownTimes = {
  closeAfterMs: 2_000,
  killAfterMs: 12_000,
};

export interface ServeOptions {
  port: number;
  /** @default all */
  hostname?: string;
  /** @default defaultKeepAlive */
  keepAlive?: Partial<KeepAlive>;
  /** @default drainTimes */
  times?: ShutdownTimes;
}

/**
 * Listens, and begins the service: one that can't begin ends the process with 1. When the process is asked to end (SIGTERM,
 * SIGINT), drains without failing a request, and ends it.
 */
export function serve(
  { app, start, drain, shutdown }: Service,
  { port, hostname, keepAlive, times = shutdownTimes }: ServeOptions,
): Server {
  let ending = false;
  const server = listen(
    { fetch: app.fetch, port, ...(hostname ? { hostname } : {}) },
    ({ port }) => {
      logger.info({ port }, "listening");
      start().catch((error) => {
        if (ending) return; // that is why it could not
        logger.fatal({ err: error }, `can't begin: ${error.message}`);
        process.exit(1);
      });
    },
  ) as Server;
  keepConnections(server, { ...defaultKeepAlive, ...keepAlive });
  server.headersTimeout = 66_000; // idle connections are not affected
  server.on("error", ({ message }) => {
    logger.fatal(`can't listen on port ${port}: ${message}`);
    process.exit(1);
  });
  const close = gracefulShutdown(server);
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, async () => {
      ending = true;
      logger.info({ signal }, "draining");
      drain();
      await close(times);
      await shutdown();
      logger.info("drained");
      process.exit(0);
    });
  return server;
}
