import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { until } from "./log-shipper.ts";

export interface Way {
  /** The proxy's URL, to use in place of the server's. */
  endpoint: string;
  /** Bytes received from the server. */
  bytes(): number;
  /** Open connections. */
  open(): number;
  /** Connections opened so far. */
  opened(): number;
  /** Closes each connection after it has carried this many bytes from the server. */
  cutAfter(bytes: number): void;
  /** Stops forwarding the server's bytes, without closing connections. */
  freeze(): void;
  thaw(): void;
  /** Closes all open connections. */
  cut(): void;
  untilOpen(connections: number): Promise<unknown>;
}

/** Makes TCP proxies in the calling suite that count bytes and cut connections. They stop after each test. */
export function useWays(): (to: string) => Promise<Way> {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });
  return async (to) => {
    const target = new URL(to);
    const pairs = new Set<{ near: Socket; far: Socket }>();
    let bytes = 0;
    let opened = 0;
    let most = Number.POSITIVE_INFINITY;
    let frozen = false;
    const server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      const pair = { near, far };
      pairs.add(pair);
      opened++;
      let came = 0;
      const end = () => {
        near.destroy();
        far.destroy();
        pairs.delete(pair);
      };
      for (const socket of [near, far])
        socket.on("error", end).on("close", end);
      near.pipe(far);
      far.on("data", (chunk) => {
        const part = chunk.subarray(0, most - came);
        bytes += part.length;
        came += part.length;
        const more = near.write(part);
        if (came >= most) return near.end(() => end());
        if (more) return;
        far.pause();
        near.once("drain", () => frozen || far.resume());
      });
      if (frozen) far.pause();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const cut = () => {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
    };
    ends.push(() => {
      server.close();
      cut();
    });
    return {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bytes: () => bytes,
      open: () => pairs.size,
      opened: () => opened,
      cutAfter: (bytes) => {
        most = bytes;
      },
      freeze() {
        frozen = true;
        for (const { far } of pairs) far.pause();
      },
      thaw() {
        frozen = false;
        for (const { far } of pairs) far.resume();
      },
      cut,
      untilOpen: (connections) => until(() => pairs.size === connections),
    };
  };
}
