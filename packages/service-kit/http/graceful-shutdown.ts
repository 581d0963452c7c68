import type { Server, ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";

/** The phases of a server's shutdown. */
export interface ShutdownTimes {
  /** How long it still accepts requests, with `Connection: close` in responses so that clients disconnect. */
  closeAfterMs: number;
  /** How long responses may then take to finish, while it accepts no connections. */
  killAfterMs: number;
}

/**
 * Tracks a server's connections, so that it can stop without failing a request.
 * @returns a function that stops the server; resolves when its last connection is closed
 */
export function gracefulShutdown(
  server: Server,
): (times: ShutdownTimes) => Promise<void> {
  /** Open connections, and the response that each is sending. */
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
    // Not http's own close(): it cuts off ended responses that a slow client is still receiving.
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
