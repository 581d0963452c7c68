import type { Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";

/** How long a server goes on when it is to end, in milliseconds. */
export interface ShutdownTimes {
  /** It answers as before, but each answer says `Connection: close`, so that clients leave by themselves. */
  closeAfterMs: number;
  /** Then it takes no connection, and what is still being answered may go on for so long. */
  killAfterMs: number;
}

/**
 * Makes a server one that can end without failing a request that a client has begun.
 * @returns what ends it; resolves when its last connection is closed
 */
export function gracefulShutdown(
  server: Server,
): (times: ShutdownTimes) => Promise<void> {
  /** Each open connection, and what it answers now. */
  const connections = new Map<Socket, ServerResponse | undefined>();
  let draining = false;
  let closing = false;

  server.on("connection", (socket: Socket) => {
    connections.set(socket, undefined);
    socket.once("close", () => connections.delete(socket));
  });
  server.prependListener("request", ({ socket }, response) => {
    connections.set(socket, response);
    if (draining) response.shouldKeepAlive = false;
    response.once("close", () => {
      if (connections.get(socket) !== response) return; // gone, or at its next request
      connections.set(socket, undefined);
      if (closing) socket.destroySoon();
    });
  });

  return async ({ closeAfterMs, killAfterMs }) => {
    draining = true;
    for (const response of connections.values())
      if (response) response.shouldKeepAlive = false;
    await new Promise((resolve) => setTimeout(resolve, closeAfterMs));

    closing = true;
    // Not http's own close(): it cuts answers that the program has ended but a slow client has yet to get.
    const closed = new Promise((resolve) =>
      NetServer.prototype.close.call(server, resolve),
    );
    for (const [socket, response] of connections)
      if (!response) socket.destroySoon();
    const cut = setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, killAfterMs);
    await closed;
    clearTimeout(cut);
  };
}
