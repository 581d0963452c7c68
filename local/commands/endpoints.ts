import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { network } from "../cluster/addresses.ts";

const dockerNetwork = network.subnet.replace(/\d+\/\d+$/, "");

/**
 * Describes a service's URL for people. LoadBalancers have addresses in Docker's network, which this machine doesn't
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
    `${line}  (reachable from Docker's network alone. From here: ` +
    `\`kubectl port-forward service/${service}-service ${forward}\`, or type NodePort instead of LoadBalancer)`
  );
}

/** Whether this machine is in Docker's network, or a port in it accepts connections nevertheless. */
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
