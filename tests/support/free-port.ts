import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that the system gives to outgoing connections and to listen(0), and those that Docker and Kubernetes
 * publish: no other program takes one of these by chance before the caller of freePort() listens on it.
 */
const ports = { first: 10_000, count: 10_000 };

/** Far from the ports of processes that started just before or after this one. */
let next = process.pid * 61;

/** A port that nothing listens on. Each call returns another one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = ports.first + (next++ % ports.count);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port), "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}
