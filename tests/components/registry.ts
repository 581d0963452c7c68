import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Does some work while a registry on this machine answers every request with one status; or none, as nothing listens. */
export async function withRegistry<T>(
  status: number | undefined,
  work: (host: string) => Promise<T>,
): Promise<T> {
  const server = createServer((_request, response) =>
    response.writeHead(status ?? 500).end(),
  );
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  if (status === undefined) await close();
  try {
    return await work(host);
  } finally {
    await close();
  }
}
