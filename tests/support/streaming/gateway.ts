import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { createService } from "@marquee/service-kit";
import {
  type ProxyOptions,
  proxyTo,
} from "../../../services/streaming/gateway/proxy.ts";
import { served, type Upstream } from "./upstream.ts";

export interface Front {
  /** Address of the current test's proxy. */
  url: string;
  port: number;
}

/** For each test of the calling suite: a new proxy of /a, /things/:id and /api/things to a service. */
export function useFront(
  upstream: Upstream,
  options: Partial<ProxyOptions> = {},
): Front {
  const front = {} as Front;
  let close = async () => {};
  beforeEach(async () => {
    const { app, start } = createService();
    await start();
    const to = { timeoutMs: 10_000, ...options, url: upstream.url };
    app.route("/", proxyTo({ ...to, paths: ["/a", "/things/:id"] }));
    app.route("/", proxyTo({ ...to, paths: ["/things"], prefix: "/api" }));
    const running = await served(app);
    close = running.close;
    front.url = running.url;
    front.port = Number(new URL(running.url).port);
  });
  afterEach(() => close());
  return front;
}

/** Sends a request with path and Host exactly as given, valid or not. */
export async function raw(
  { port }: Pick<Front, "port">,
  path: string,
  { body, ...options }: RequestOptions & { body?: string } = {},
): Promise<IncomingMessage & { text: string }> {
  const sent = request({ host: "127.0.0.1", port, path, ...options }).end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray()).toString();
  return Object.assign(answer, { text });
}

/** Values of a header that may occur more than once. */
export const got = ({ rawHeaders }: IncomingMessage, name: string): string[] =>
  rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name,
  );
