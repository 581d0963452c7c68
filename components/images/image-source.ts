import * as pulumi from "@pulumi/pulumi";
import { isImage } from "../../config/image-reference.ts";
import { list } from "../../config/issues.ts";
import type { Settings } from "../../config/settings.ts";
import { logShipper } from "../microservice/log-sidecar.ts";
import { pinImage, UnreadableImageError } from "./pin-image.ts";
import { ServiceImage } from "./service-image.ts";

/** The settings that say which images are needed, and where they come from. */
type Sources = Pick<Settings, "services" | "imagesFrom" | "logShipperImage">;

/** The image that a setting names. */
function prebuiltImage(
  { services, logShipperImage }: Sources,
  name: string,
): string | undefined {
  if (name === logShipper) return logShipperImage;
  const service = services[name];
  return service && "image" in service ? service.image : undefined;
}

/** The names of the images that pods need and that no setting names. */
function imagesNeeded(settings: Sources): string[] {
  const deployed = Object.entries(settings.services).filter(
    ([, { type }]) => type !== "ExternalName",
  );
  const ships = deployed.some(
    ([, service]) => "logSidecar" in service && service.logSidecar,
  );
  return [
    ...deployed.map(([name]) => name),
    ...(ships ? [logShipper] : []),
  ].filter((name) => !prebuiltImage(settings, name));
}

/** The folders under services/ whose images this stack builds. None: the Docker provider isn't even started. */
export const imagesToBuild = (settings: Sources): string[] =>
  settings.imagesFrom ? [] : imagesNeeded(settings);

/**
 * Where images come from: a setting names one, or they are those that the stack `imagesFrom` runs, or built here and pushed.
 * @param contentHashes of the Docker contexts of those to build, by name
 * @returns an image by digest, by its name; the same one however often it is asked for
 * @throws pulumi.RunError if that stack doesn't run what this one needs, before anything is changed; in a preview, a warning
 */
export async function imageSource(
  settings: Settings,
  contentHashes: Record<string, string>,
): Promise<(name: string) => pulumi.Input<string>> {
  const baseImage =
    imagesToBuild(settings).length > 0
      ? await pinnedBaseImage(settings.baseImage)
      : settings.baseImage;
  const promoted = settings.imagesFrom
    ? await imagesOf(settings.imagesFrom, imagesNeeded(settings))
    : {};
  const built = new Map<string, pulumi.Output<string>>();
  return (name) => {
    const given = prebuiltImage(settings, name) ?? promoted[name];
    if (given) return given;
    const image =
      built.get(name) ??
      new ServiceImage(name, {
        ...settings,
        baseImage,
        contentHash: contentHashes[name] ?? "",
      }).reference;
    built.set(name, image);
    return image;
  };
}

/** Pins `marquee:baseImage`, so that an update of the base rebuilds the images. */
async function pinnedBaseImage(
  baseImage: string,
): Promise<pulumi.Input<string>> {
  const pinned = await pin("baseImage", baseImage);
  // Not known in a preview that can't ask the registry.
  return pinned ?? (pulumi.unknown as unknown as string);
}

/** An image as a setting names it, and by digest. */
export interface PinnedImage {
  setting: string;
  reference: string;
}

/**
 * Pins `marquee:database.image` to the digest that its tag had when the setting was first deployed, so that a moved tag
 * restarts no server.
 * @param before the image of the last deployment
 */
export async function pinDatabaseImage(
  setting: string,
  before: PinnedImage | undefined,
): Promise<PinnedImage> {
  if (before?.setting === setting) return before;
  return {
    setting,
    reference: (await pin("database.image", setting)) ?? setting,
  };
}

/**
 * Pins an image to the digest that its tag has now; leaves it, with a warning, if only Docker or the nodes may read it.
 * @returns undefined in a preview, with a warning, if it can't be read
 * @throws pulumi.RunError in an update, if it can't be read
 */
async function pin(key: string, image: string): Promise<string | undefined> {
  try {
    return await pinImage(image);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof UnreadableImageError) {
      await pulumi.log.warn(
        `marquee:${key} is "${image}", whose digest can't be read (${message}), so it is used by its tag, which may move unnoticed. Log in with \`docker login\`, or name it by digest (…@sha256:…).`,
      );
      return image;
    }
    const text = `marquee:${key} is "${image}", which can't be read: ${message}. Mend that, or name the image by digest (…@sha256:…).`;
    if (!pulumi.runtime.isDryRun())
      throw new pulumi.RunError(`${text} Nothing was built or changed.`);
    await pulumi.log.warn(
      `This preview is made without it, and \`pulumi up\` will stop at it: ${text}`,
    );
    return undefined;
  }
}

/** The images that another stack of this project runs. */
async function imagesOf(
  stack: string,
  names: string[],
): Promise<Record<string, pulumi.Input<string>>> {
  const name = fullName(stack);
  if (name === fullName(pulumi.getStack()))
    throw new pulumi.RunError(
      `marquee:imagesFrom is "${stack}", which is this very stack: it would run for ever what it runs now. Name another, or take the key out (\`pulumi config rm imagesFrom\`). Nothing was changed.`,
    );
  let images: Record<string, unknown> = {};
  let text = "";
  try {
    images = (await readOutputs(name)).images ?? {};
    const missing = names.filter((name) => !isImage(images[name]));
    if (missing.length > 0)
      text = `that stack runs no image of ${list(missing)}. Deploy it so that it does (\`pulumi up --stack ${stack}\`), or name what is missing by ${list(missing.map(keyOf))}`;
  } catch (error) {
    text = `its outputs can't be read (${(error as Error).message}). \`pulumi stack ls\` lists the stacks there are`;
  }
  if (text === "") return images as Record<string, string>;
  text = `marquee:imagesFrom is "${stack}", and ${text}.`;
  if (!pulumi.runtime.isDryRun())
    throw new pulumi.RunError(`${text} Nothing was changed.`);
  await pulumi.log.warn(
    `This preview is made without these images, and \`pulumi up\` will stop at them: ${text}`,
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      isImage(images[name]) ? images[name] : pulumi.unknown,
    ]),
  ) as Record<string, pulumi.Input<string>>;
}

/** The key that names an image. */
const keyOf = (name: string) =>
  name === logShipper
    ? "marquee:logShipperImage"
    : `marquee:services.${name}.image`;

/** A name alone is a stack of this project, as it is for `pulumi stack select`. */
const fullName = (stack: string) =>
  stack.includes("/")
    ? stack
    : `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;

/**
 * What another stack put out. As a StackReference does it, but without a resource: one would be refreshed for as long as it is
 * in the state, and a stack that was removed since would stop every update of this one.
 */
async function readOutputs(
  name: string,
): Promise<Record<string, Record<string, unknown>>> {
  const { outputs } = await pulumi.runtime.invoke(
    "pulumi:pulumi:readStackOutputs",
    { name },
  );
  return outputs;
}
