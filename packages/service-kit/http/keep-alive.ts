import type { Server } from "node:http";
import type { Socket } from "node:net";

/** How long a server keeps idle connections open, and how many. */
export interface KeepAlive {
  /** Seconds that a connection may be idle until the server closes it. */
  seconds: number;
  /** With more open connections than that, each response closes its own. */
  maxConnections: number;
}

/**
 * Longer than load balancers keep idle connections, or they would send a request on a connection that is being closed:
 * 600 s on Google Cloud (fixed); by default, 240 s on Azure and 60 s on AWS.
 * https://docs.cloud.google.com/load-balancing/docs/https/request-distribution
 * https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-idle-timeout
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
 */
export const defaultKeepAlive: KeepAlive = {
  seconds: 620,
  maxConnections: 4_000, // measured: an idle connection takes 12 KiB
};

/** Keeps idle connections open. A limit on their number by `server.maxConnections` would refuse new clients instead. */
export function keepConnections(
  server: Server,
  { seconds, maxConnections }: KeepAlive,
): void {
  let open = 0;
  server.keepAliveTimeout = seconds * 1_000;
  server.on("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
  });
  server.prependListener("request", (_, response) => {
    if (open > maxConnections) response.shouldKeepAlive = false;
  });
}
