import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server that can forget connections without a word to either side, as routers and dead machines do. */
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
    /** From now on nothing passes on the connections that there are. New ones are as before. */
    forget: () => sockets.clear(),
    /** How many forgotten connections a client has sent something on. */
    askedInVain: () => askedInVain.size,
    close: () => server.close(),
  };
}
