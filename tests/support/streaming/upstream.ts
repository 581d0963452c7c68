import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { ServiceEnv } from "@marquee/service-kit";
import type { Hono } from "hono";
import { restartable } from "../restartable.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A stand-in for auth or payment; the test sets its answers. */
export interface Upstream {
  url: string;
  /** Set by each test. */
  handler: Handler;
  /** Requests received, in order. */
  requests: IncomingMessage[];
  down(): Promise<void>;
  /** On the same port as before. */
  up(): Promise<void>;
}

/** Starts a stand-in for each test of the calling suite. */
export function useUpstream(): Upstream {
  const server = createServer((request, response) => {
    upstream.requests.push(request);
    upstream.handler(request, response);
  });
  const { url, up, down } = restartable(server);
  const upstream: Upstream = {
    url: "",
    handler: () => {},
    requests: [],
    up,
    down,
  };
  beforeEach(async () => {
    await upstream.up();
    Object.assign(upstream, {
      url: url(),
      requests: [],
      handler: (_: unknown, response: ServerResponse) => response.end(),
    });
  });
  afterEach(() => upstream.down());
  return upstream;
}

/** Answers with JSON. */
export const answer = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) =>
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));

interface Served {
  url: string;
  close(): Promise<void>;
}

/** Serves an app on its own port. */
export async function served({
  fetch,
}: Pick<Hono<ServiceEnv>, "fetch">): Promise<Served> {
  const server = serve({
    fetch,
    port: 0,
    hostname: "127.0.0.1",
  }) as Server;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
