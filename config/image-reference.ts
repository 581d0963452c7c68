/** A registry's host as image references have it: with a dot or a port, or localhost; anything else would be a path on Docker Hub. */
const host =
  "(localhost|[a-z0-9-]+(?=:)|[a-z0-9-]+(\\.[a-z0-9-]+)+)(:\\d{1,5})?";
const path = "(\\/[a-z0-9]+([._-]+[a-z0-9]+)*)";

/** A registry's host, maybe with a port. */
export const registryHostPattern = new RegExp(`^${host}$`);

/** Where images are pushed to: a host, maybe with a path. */
export const registryPattern = new RegExp(`^${host}${path}*$`);

const pattern = new RegExp(
  `^${host}${path}+(:[\\w][\\w.-]{0,127})?@sha256:[0-9a-f]{64}$`,
);

/** An image by name, tag or digest. Docker and the kubelets check the rest. */
export const imagePattern = /^[^\s@:/][^\s]*$/;

/** Whether a value names an image by digest, so that it is the same one for ever. */
export const isImage = (value: unknown): value is string =>
  typeof value === "string" && pattern.test(value);

isImage.rule =
  "it must be an image by digest, such as ghcr.io/acme/marquee-auth@sha256:… with 64 hexadecimal digits; `pulumi stack output images` prints those that a stack runs";

/** Whether a registry is on this machine, which alone Docker speaks plain HTTP to. */
export const isLocalRegistry = (registry: string): boolean =>
  /^(localhost|127\.[\d.]+)(:|$)/.test(registry);

/** Where a registry answers. Docker Hub's images are named after one host and served by another. */
export function registryServer(registry: string) {
  const host = registry === "docker.io" ? "registry-1.docker.io" : registry;
  const scheme = isLocalRegistry(host) ? "http" : "https";
  return { host, origin: `${scheme}://${host}` };
}

/** Whether a registry may be reached through Docker's own proxy alone, so that this program can't ask it. */
export const isBehindProxy = (registry: string): boolean =>
  !isLocalRegistry(registry) &&
  Boolean(process.env.HTTPS_PROXY ?? process.env.https_proxy);
