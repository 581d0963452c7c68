import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy that can drop connections without notifying either side, like a router or a machine that failed. */
export async function silentWay(to: string) {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const askedInVain = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("data", (bytes) => {
        if (sockets.has(one)) other.write(bytes);
        else if (one === near) askedInVain.add(near);
      });
      one.on("error", () => {});
      one.on("close", () => sockets.has(one) && other.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /** Stops forwarding on the connections open now. New connections are unaffected. */
    forget: () => sockets.clear(),
    /** The number of dropped connections on which a client has sent something since. */
    askedInVain: () => askedInVain.size,
    close: () => server.close(),
  };
}
