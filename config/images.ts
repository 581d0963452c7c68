import { imagePattern, isImage, registryPattern } from "./image-reference.ts";
import { type Issues, list } from "./issues.ts";
import type { ServiceSettings } from "./service.ts";
import { parseOptionalText, parseText } from "./values.ts";

/** The name of the image that log sidecars run, and of its folder under services/. */
export const logShipper = "log-shipper";

/** The sources of images that already exist. */
export interface ImageSources {
  services: Readonly<Record<string, ServiceSettings>>;
  /** The stack whose images this one runs. @default none: images are built */
  imagesFrom?: string;
  /** A prebuilt image of services/log-shipper, by digest. @default from the same source as the services' images */
  logShipperImage?: string;
}

/** How images are built. */
export interface ImageBuildSettings {
  /** Host, port and path that image names start with. Empty only if no image is built. */
  registry: string;
  /** The image that services run on. @default gcr.io/distroless/nodejs24-debian13 */
  baseImage: string;
  /** @default linux/amd64; on the local cluster, the Docker engine's */
  platform: string;
}

const stackRule = {
  pattern: /^([\w.-]+\/[\w.-]+\/)?[\w.-]+$/,
  rule: "it must be a stack's name, such as staging, or with its organization and project, such as acme/marquee/staging",
};
const registryRule = {
  pattern: registryPattern,
  rule: 'it must be a host, optionally with a port and a path, in lower case and without "https://", such as localhost:5001 or ghcr.io/acme',
};
const baseImageRule = {
  pattern: imagePattern,
  rule: "it must be an image reference, such as gcr.io/distroless/nodejs24-debian13",
};
const platforms = ["linux/amd64", "linux/arm64"];
const platformRule = {
  pattern: new RegExp(`^(${platforms.join("|")})$`),
  rule: `it must be ${list(platforms, "or")}`,
};

/** Checks `marquee:imagesFrom` and `marquee:logShipperImage`. */
export function parseImageSources(
  { imagesFrom, logShipperImage }: Record<string, unknown>,
  issues: Issues,
): Omit<ImageSources, "services"> {
  const stack = parseOptionalText(
    "imagesFrom",
    imagesFrom,
    "",
    stackRule,
    issues,
  );
  if (logShipperImage !== undefined && !isImage(logShipperImage))
    issues.invalid("logShipperImage", logShipperImage, isImage.rule);
  return {
    ...(stack && { imagesFrom: stack }),
    // An invalid one, too, so that no registry is required to build the image.
    ...(logShipperImage !== undefined && {
      logShipperImage: String(logShipperImage),
    }),
  };
}

/**
 * Checks `marquee:registry`, which may be left out if no image is built, `marquee:baseImage` and `marquee:platform`.
 */
export function parseImageBuild(
  { registry, baseImage, platform }: Record<string, unknown>,
  isBuilding: boolean,
  issues: Issues,
): ImageBuildSettings {
  return {
    registry:
      registry === undefined && !isBuilding
        ? ""
        : parseText("registry", registry, registryRule, issues),
    baseImage: parseOptionalText(
      "baseImage",
      baseImage,
      "gcr.io/distroless/nodejs24-debian13",
      baseImageRule,
      issues,
    ),
    platform: parseOptionalText(
      "platform",
      platform,
      "linux/amd64",
      platformRule,
      issues,
    ),
  };
}

/** The image that the configuration names for a service or the log shipper. */
export function prebuiltImage(
  { services, logShipperImage }: ImageSources,
  name: string,
): string | undefined {
  if (name === logShipper) return logShipperImage;
  const service = services[name];
  return service && "image" in service ? service.image : undefined;
}

/** The names of the images that pods need and the configuration does not name. */
export function imagesNeeded(sources: ImageSources): string[] {
  const deployed = Object.entries(sources.services).filter(
    ([, { type }]) => type !== "ExternalName",
  );
  const hasSidecar = deployed.some(
    ([, service]) => "logSidecar" in service && service.logSidecar,
  );
  const names = deployed.map(([name]) => name);
  if (hasSidecar) names.push(logShipper);
  return names.filter((name) => !prebuiltImage(sources, name));
}

/** The folders under services/ whose images this stack builds. If there are none, the Docker provider never starts. */
export const imagesToBuild = (sources: ImageSources): string[] =>
  sources.imagesFrom ? [] : imagesNeeded(sources);
