import { existsSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type * as provider from "@pulumi/pulumi/provider/index.js";
import { contextDigest } from "./context.ts";
import { buildImage, enginePlatform, pushImage } from "./docker.ts";
import { asSecret, isUnknown, plain } from "./values.ts";

/** What docker:index/image:Image takes (the official provider's schema), after `check`. */
export interface ImageInputs {
  imageName: string;
  build: {
    context: string;
    dockerfile: string;
    platform: string;
    /** Not the person's: made by `check`, so that a change of content is a change of the resource. */
    contextDigest: string;
    args?: Record<string, string>;
    target?: string;
    network?: string;
    addHosts?: string[];
    cacheFrom?: { images?: string[] };
    builderVersion?: "BuilderBuildKit" | "BuilderV1";
  };
  registry?: { server?: string; username?: string; password?: string };
  skipPush?: boolean;
  buildOnPreview?: boolean;
}

const type = "docker:index/image:Image";

/** Fails for every kind of resource but the one that this plugin knows. */
function onlyImages(urn: string): void {
  const kind = urn.split("::")[2]?.split("$").at(-1);
  if (kind !== type)
    throw new Error(
      `this is Marquee's stand-in for the Docker provider, which knows ${type} alone, not ${kind}; install the official plugin: pulumi plugin install resource docker`,
    );
}

/** Checks an image's inputs and completes them with the platform and the digest of what it is built from. */
export async function check(
  urn: string,
  _olds: unknown,
  news: Record<string, unknown>,
): Promise<provider.CheckResult> {
  onlyImages(urn);
  const inputs = plain(news) as Partial<ImageInputs>;
  const failures: provider.CheckFailure[] = [];
  const fail = (property: string, reason: string) =>
    failures.push({ property, reason });

  if (typeof inputs.imageName !== "string")
    fail("imageName", "an image needs a name, such as localhost:5001/auth:dev");
  else if (!isUnknown(inputs.imageName) && !inputs.skipPush) {
    const host = inputs.imageName.split("/")[0] as string;
    if (!inputs.imageName.includes("/") || !/[.:]|^localhost$/.test(host))
      fail(
        "imageName",
        `"${inputs.imageName}" does not say which registry to push to; begin it with the registry's host, such as docker.io/`,
      );
  }
  const context = inputs.build?.context ?? ".";
  const dockerfile = inputs.build?.dockerfile ?? join(context, "Dockerfile");
  if (isUnknown(context) || isUnknown(dockerfile))
    return { inputs: news, failures };
  if (!existsSync(context) || !statSync(context).isDirectory())
    fail(
      "build.context",
      `there is no folder ${context} (relative to ${process.cwd()})`,
    );
  else if (!existsSync(dockerfile))
    fail(
      "build.dockerfile",
      `there is no file ${dockerfile} (relative to ${process.cwd()}${existsSync(join(context, dockerfile)) ? `; try ${join(context, dockerfile)}` : ""})`,
    );
  const platform =
    inputs.build?.platform ??
    (await enginePlatform().catch(({ message }: Error) => {
      fail(
        "build.platform",
        `it is not set, and the Docker engine's can't be read; set it, such as to linux/amd64, or start the engine: ${message}`,
      );
    }));
  if (failures.length > 0) return { inputs: news, failures };
  return {
    inputs: {
      ...news,
      buildOnPreview: inputs.buildOnPreview ?? false,
      build: {
        ...(news.build as object),
        context,
        dockerfile,
        platform,
        contextDigest: contextDigest(context, dockerfile),
      },
    },
    failures,
  };
}

/**
 * Compares the inputs with those of the last build, which either plugin keeps in `__inputs`. Changed credentials don't
 * count: they come and go.
 */
export async function diff(
  _id: string,
  urn: string,
  olds: Record<string, unknown>,
  news: Record<string, unknown>,
): Promise<provider.DiffResult> {
  onlyImages(urn);
  const comparable = (inputs: unknown) => {
    const { registry, ...rest } = plain(inputs) as ImageInputs;
    return { ...rest, registry: registry && { server: registry.server } };
  };
  return {
    changes: !isDeepStrictEqual(
      comparable(olds.__inputs ?? {}),
      comparable(news),
    ),
  };
}

/** Builds and pushes. */
export async function create(
  urn: string,
  news: Record<string, unknown>,
): Promise<provider.CreateResult> {
  onlyImages(urn);
  const inputs = plain(news) as ImageInputs;
  const { build, imageName } = inputs;
  const imageId = await buildImage(inputs).catch((error: Error) => {
    throw new Error(
      `${build.dockerfile} can't be built, so nothing was pushed:\n${error.message}`,
    );
  });
  const repository = imageName.replace(/(:[^:/]+)?(@.*)?$/, "");
  const repoDigest = inputs.skipPush
    ? imageId
    : `${repository}@${await pushImage(inputs).catch((error: Error) => {
        throw new Error(
          `${imageName} was built but can't be pushed:\n${error.message}`,
        );
      })}`;
  return { id: imageName, outs: outputs(inputs, repoDigest) };
}

/** An image's state, in the form of the official provider, so that each plugin can continue with the other's stack. */
export function outputs(
  inputs: ImageInputs,
  repoDigest: string,
): Record<string, unknown> {
  const { build, imageName } = inputs;
  return {
    baseImageName: imageName,
    context: build.context,
    dockerfile: relative(build.context, build.dockerfile),
    imageName,
    platform: build.platform,
    registryServer: inputs.registry?.server ?? "",
    repoDigest,
    __inputs: asSecret(inputs),
  };
}

export async function update(
  _id: string,
  urn: string,
  _olds: unknown,
  news: Record<string, unknown>,
): Promise<provider.UpdateResult> {
  return { outs: (await create(urn, news)).outs };
}
