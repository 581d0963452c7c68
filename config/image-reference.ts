import type { Issues } from "./issues.ts";

/**
 * A registry's host in an image reference: with a dot or a port, or localhost. Otherwise it is a path on Docker Hub.
 */
const host =
  "(localhost|[a-z0-9-]+(?=:)|[a-z0-9-]+(\\.[a-z0-9-]+)+)(:\\d{1,5})?";
const path = "(\\/[a-z0-9]+([._-]+[a-z0-9]+)*)";

/** A registry's host, optionally with a port. */
export const registryHostPattern = new RegExp(`^${host}$`);

/** A registry's host, optionally with a port and a path. */
export const registryPattern = new RegExp(`^${host}${path}*$`);

const digestPattern = new RegExp(
  `^${host}${path}+(:[\\w][\\w.-]{0,127})?@sha256:[0-9a-f]{64}$`,
);

/** An image by name, tag or digest. Docker and the kubelets check the rest. */
export const imagePattern = /^[^\s@:/][^\s]*$/;

/** Whether a value names an image by digest, which can't move. */
export const isImage = (value: unknown): value is string =>
  typeof value === "string" && digestPattern.test(value);

isImage.rule =
  "it must be an image by digest, such as ghcr.io/acme/marquee-auth@sha256:… with 64 hexadecimal digits; `pulumi stack output images` prints those that a stack runs";

/** Checks `services.‹name›.image`. */
export function parsePrebuiltImage(
  key: string,
  raw: unknown,
  issues: Issues,
): { image?: string } {
  if (raw === undefined) return {};
  if (!isImage(raw)) issues.invalid(key, raw, isImage.rule);
  return { image: String(raw) }; // an invalid one, too, so that no registry is required to build the image
}
