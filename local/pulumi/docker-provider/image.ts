import { existsSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type * as provider from "@pulumi/pulumi/provider/index.js";
import { contextDigest } from "./context.ts";
import { buildImage, enginePlatform, pushImage } from "./docker.ts";
import type { ImageInputs } from "./image-inputs.ts";
import { asSecret, isUnknown, plain } from "./values.ts";

const type = "docker:index/image:Image";

/** @throws Error for resource types that this plugin doesn't support */
function requireImage(urn: string): void {
  const kind = urn.split("::")[2]?.split("$").at(-1);
  if (kind !== type)
    throw new Error(
      `this is Marquee's stand-in for the Docker provider, which supports only ${type}, not ${kind}; install the official plugin: pulumi plugin install resource docker`,
    );
}

/** Checks an image's inputs, and adds the platform and the digest of the build context. */
export async function check(
  urn: string,
  _olds: unknown,
  news: Record<string, unknown>,
): Promise<provider.CheckResult> {
  requireImage(urn);
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
      `the folder ${context} does not exist (relative to ${process.cwd()})`,
    );
  else if (!existsSync(dockerfile))
    fail(
      "build.dockerfile",
      `the file ${dockerfile} does not exist (relative to ${process.cwd()}${existsSync(join(context, dockerfile)) ? `; try ${join(context, dockerfile)}` : ""})`,
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
 * Compares the inputs with those of the last build, which both plugins keep in `__inputs`. Ignores credentials, because
 * they may rotate.
 */
export async function diff(
  _id: string,
  urn: string,
  olds: Record<string, unknown>,
  news: Record<string, unknown>,
): Promise<provider.DiffResult> {
  requireImage(urn);
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

/** Builds and pushes an image. */
export async function create(
  urn: string,
  news: Record<string, unknown>,
): Promise<provider.CreateResult> {
  requireImage(urn);
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

/** Returns an image's state in the official provider's form, so that each plugin can update the other's stacks. */
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
