import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { network } from "../cluster/addresses.ts";

const dockerNetwork = network.subnet.replace(/\d+\/\d+$/, "");

/**
 * Returns the line that shows a service's URL. LoadBalancer addresses are in Docker's network, which this machine can't
 * reach if the engine runs in a virtual machine.
 */
export async function describeEndpoint(
  service: string,
  url: string,
  reaches: (host: string, port: number) => Promise<boolean> = reachesNetwork,
): Promise<string> {
  const line = `  ${service.padEnd(10)} ${url}`;
  if (url.includes(".svc:")) return `${line}  (in the cluster)`;
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === "https:" ? 443 : 80);
  if (!hostname.startsWith(dockerNetwork) || (await reaches(hostname, number)))
    return line;
  const forward = number < 1024 ? `${8000 + number}:${number}` : `${number}`;
  return (
    `${line}  (reachable only from Docker's network. From here: ` +
    `\`kubectl port-forward service/${service}-service ${forward}\`, or type NodePort instead of LoadBalancer)`
  );
}

/** Whether this machine has an address in Docker's network, or can connect to a port in it. */
const reachesNetwork = async (host: string, port: number) =>
  Object.values(networkInterfaces())
    .flat()
    .some((each) => each?.address.startsWith(dockerNetwork)) ||
  (await accepts(host, port));

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", end(true));
    socket.on("error", end(false));
    socket.on("timeout", end(false));
  });
