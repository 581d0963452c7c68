import type { Server } from "node:http";
import { serve as listen } from "@hono/node-server";
import { logger } from "../observability/logger.ts";
import type { Service } from "./app.ts";
import { gracefulShutdown, type ShutdownTimes } from "./graceful-shutdown.ts";
import {
  defaultKeepAlive,
  type KeepAlive,
  keepConnections,
} from "./keep-alive.ts";

/**
 * Before SIGTERM, the pod's preStop hook waits until load balancers send no new clients here. Only clients with open
 * keep-alive connections remain.
 */
const defaultShutdownTimes: ShutdownTimes = {
  closeAfterMs: 2_000,
  killAfterMs: 12_000,
};

export interface ServeOptions {
  port: number;
  /** @default all */
  hostname?: string;
  /** @default defaultKeepAlive */
  keepAlive?: Partial<KeepAlive>;
  /** @default 2 s, then 12 s */
  shutdownTimes?: ShutdownTimes;
}

/**
 * Listens and starts the service; exits with 1 if it can't start. On SIGTERM or SIGINT, finishes open requests, shuts
 * the service down and exits.
 */
export function serve(
  { app, start, drain, shutdown }: Service,
  {
    port,
    hostname,
    keepAlive,
    shutdownTimes: times = defaultShutdownTimes,
  }: ServeOptions,
): Server {
  let ending = false;
  const server = listen(
    { fetch: app.fetch, port, ...(hostname ? { hostname } : {}) },
    ({ port }) => {
      logger.info({ port }, "listening");
      start().catch((error) => {
        if (ending) return; // the shutdown caused the error
        logger.fatal({ err: error }, `can't start: ${error.message}`);
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
