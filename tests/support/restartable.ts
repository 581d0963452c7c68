import { once } from "node:events";
import type { Server } from "node:http";
import { freePort } from "./free-port.ts";

/** Starts and stops a server on loopback, always on the same port. */
export interface Restartable {
  /** Valid once the server was up. */
  url(): string;
  up(): Promise<void>;
  /** Closes the server and its connections. */
  down(): Promise<void>;
}

export function restartable(server: Server): Restartable {
  let port = 0;
  return {
    url: () => `http://127.0.0.1:${port}`,
    async up() {
      if (server.listening) return;
      port ||= await freePort();
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
    async down() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
