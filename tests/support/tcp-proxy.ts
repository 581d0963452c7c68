import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { until } from "./until.ts";

/** A fault-injecting proxy between a client and a server. */
export interface TcpProxy {
  /** The server's URL with the proxy's address. */
  url: string;
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
  /** Drops the connections open now without notifying either side, like a router or a machine that failed. */
  drop(): void;
  /** The number of dropped connections on which a client has sent something since. */
  usedAfterDrop(): number;
  untilOpen(connections: number): Promise<void>;
}

interface Connection {
  near: Socket;
  far: Socket;
  dropped: boolean;
  usedAfterDrop: boolean;
}

/**
 * Makes fault-injecting TCP proxies in the calling suite: they cut, freeze or drop connections, and count bytes. They
 * stop after each test.
 */
export function useTcpProxies(): (target: string) => Promise<TcpProxy> {
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });
  return async (target) => {
    const { proxy, stop } = await listen(new URL(target));
    stops.push(stop);
    return proxy;
  };
}

async function listen(target: URL) {
  const connections = new Set<Connection>();
  const dropped: Connection[] = [];
  let bytes = 0;
  let opened = 0;
  let most = Number.POSITIVE_INFINITY;
  let frozen = false;

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const connection = { near, far, dropped: false, usedAfterDrop: false };
    connections.add(connection);
    opened++;
    let received = 0;
    const end = () => {
      connections.delete(connection);
      if (!connection.dropped) destroy(connection);
    };
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
    near.on("data", (chunk) => {
      if (connection.dropped) connection.usedAfterDrop = true;
      else far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (connection.dropped) return;
      const part = chunk.subarray(0, most - received);
      bytes += part.length;
      received += part.length;
      const more = near.write(part);
      if (received >= most) return near.end(end);
      if (more) return;
      far.pause();
      near.once("drain", () => frozen || far.resume());
    });
    if (frozen) far.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);

  const cut = () => connections.forEach(destroy);
  const proxy: TcpProxy = {
    url: url.href,
    bytes: () => bytes,
    open: () => connections.size,
    opened: () => opened,
    cutAfter(bytes) {
      most = bytes;
    },
    freeze() {
      frozen = true;
      for (const { far } of connections) far.pause();
    },
    thaw() {
      frozen = false;
      for (const { far } of connections) far.resume();
    },
    cut,
    drop() {
      for (const connection of connections) {
        connection.dropped = true;
        dropped.push(connection);
      }
      connections.clear();
    },
    usedAfterDrop: () =>
      dropped.filter(({ usedAfterDrop }) => usedAfterDrop).length,
    untilOpen: (count) => until(() => connections.size === count),
  };
  const stop = () => {
    server.close();
    cut();
    dropped.forEach(destroy);
  };
  return { proxy, stop };
}

function destroy({ near, far }: Connection): void {
  near.destroy();
  far.destroy();
}
