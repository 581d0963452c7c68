import { createServer } from "node:net";
import { instance } from "../environment.ts";
import { UserError } from "../user-error.ts";
import { host, nodePorts } from "./addresses.ts";

const [firstNodePort, lastNodePort] = nodePorts.split("-").map(Number) as [
  number,
  number,
];

/** The ports that the node publishes on this environment's address. */
const ports = [
  5001,
  6443,
  ...Array.from(
    { length: lastNodePort - firstNodePort + 1 },
    (_, index) => firstNodePort + index,
  ),
];

/** @throws UserError if this machine lacks the environment's loopback address */
export async function requireAddress(
  address = host,
  platform = process.platform,
): Promise<void> {
  const error = await listenOnce(address, 0);
  if (error === "EADDRNOTAVAIL")
    throw new UserError(
      `The local cluster needs the address ${address}, and this machine lacks it. This adds it until the next restart: ` +
        `\`sudo ${platform === "darwin" ? `ifconfig lo0 alias ${address}` : `ip address add ${address}/8 dev lo`}\`.`,
    );
}

/** @throws UserError if another program listens on a port that the node publishes */
export async function requirePorts(
  address = host,
  wanted = ports,
): Promise<void> {
  for (const port of wanted)
    if ((await listenOnce(address, port)) === "EADDRINUSE")
      throw portTaken(`${address}:${port}`);
}

export const portTaken = (address: string) =>
  new UserError(
    `The local cluster needs ${address}, and another program listens there. ` +
      `It publishes ${host}:5001 (registry), :6443 (Kubernetes) and :${nodePorts} (node ports): end that program, ` +
      `or use another environment, which has another address: \`MARQUEE_LOCAL=${instance === 2 ? 3 : 2} npm run up\`.`,
  );

/** Listens on a port for a moment, 0 for any; returns the error's code if that fails. */
function listenOnce(
  address: string,
  port: number,
): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.on("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    server.listen(port, address, () => server.close(() => resolve(undefined)));
  });
}
