/** Whether a registry is on this machine. Docker speaks plain HTTP to such registries only. */
const isLocalRegistry = (registry: string): boolean =>
  /^(localhost|127\.[\d.]+)(:|$)/.test(registry);

/** The server of a registry. Docker Hub's images are named after one host and served by another. */
export function registryServer(registry: string) {
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = isLocalRegistry(host) ? "http" : "https";
  return { host, origin: `${scheme}://${host}` };
}

/** Whether a registry may be reachable only through Docker's own proxy, so that this program can't query it. */
export const isBehindProxy = (registry: string): boolean =>
  !isLocalRegistry(registry) &&
  Boolean(process.env.HTTPS_PROXY ?? process.env.https_proxy);
