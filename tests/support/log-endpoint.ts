import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Line } from "./program.ts";
import { until } from "./until.ts";

/** The endpoint's answer to a request: a status, or a function that answers in any other way. */
export type Answer = number | ((response: ServerResponse) => void);

/** Starts endpoints for log lines in the calling suite. They stop after each test. */
export function useLogEndpoints() {
  const servers: ReturnType<typeof createServer>[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /**
   * @param answers the answers to the first requests, in order; later requests are accepted
   * @param port a free port by default
   */
  return async (answers: Answer[] = [], port = 0) => {
    const requests: {
      at: number;
      method: string | undefined;
      headers: NodeJS.Dict<string | string[]>;
      lines: Line[];
      bytes: number;
    }[] = [];
    let atOnce = 0;
    let mostAtOnce = 0;
    const accepted: Line[] = [];
    const server = createServer(async (request, response) => {
      const at = performance.now();
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      response.once("close", () => atOnce--);
      const body = await text(request);
      const { method, headers } = request;
      const lines = body
        .split(/(?<=\n)/)
        .map((line) => JSON.parse(line) as Line);
      requests.push({ at, method, headers, lines, bytes: body.length });
      const answer = answers[requests.length - 1] ?? 200;
      if (typeof answer === "function") return answer(response);
      if (answer < 300) accepted.push(...lines);
      response.writeHead(answer).end("what it says is of no interest");
    });
    servers.push(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ingest?source=marquee`,
      requests,
      /** Lines of the requests answered with success. */
      accepted,
      mostAtOnce: () => mostAtOnce,
      untilRequests: (number: number) => until(() => requests.length >= number),
      untilAccepted: (lines: number) => until(() => accepted.length >= lines),
    };
  };
}
