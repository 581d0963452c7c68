import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** Does some work while a local registry answers every request with `status`, or is unreachable without one. */
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

/**
 * Does some work while a local registry has images, each under every tag.
 * @param images digests by repository
 * @param answer answers a request instead of the registry, such as with a challenge for credentials, and returns true
 * @returns what the work returned
 */
export async function withImage<T>(
  images: Record<string, string>,
  work: (host: string) => Promise<T>,
  answer: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => boolean = () => false,
): Promise<T> {
  const server = createServer((request, response) => {
    if (answer(request, response)) return;
    const repository = request.url?.match(/^\/v2\/(.+)\/manifests\//)?.[1];
    const digest = repository && images[repository];
    if (!digest || request.method !== "HEAD")
      return void response.writeHead(404).end();
    response.writeHead(200, { "docker-content-digest": digest }).end();
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve()),
  );
  try {
    return await work(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
