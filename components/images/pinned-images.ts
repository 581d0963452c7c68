import * as pulumi from "@pulumi/pulumi";
import { pinImage, UnreadableImageError } from "./pin-image.ts";

/** An image in the configuration, and its reference by digest. */
export interface PinnedImage {
  setting: string;
  reference: string;
}

/** Pins `marquee:baseImage`, so that an update of the base image rebuilds the services' images. */
export async function pinBaseImage(
  baseImage: string,
): Promise<pulumi.Input<string>> {
  const pinned = await pin("baseImage", baseImage);
  // Unknown in a preview that can't read the registry.
  return pinned ?? (pulumi.unknown as unknown as string);
}

/**
 * Pins `marquee:database.image` to the digest that its tag had when the setting was first deployed, so that a moved tag
 * restarts no server.
 * @param previous the image of the last deployment
 */
export async function pinDatabaseImage(
  setting: string,
  previous: PinnedImage | undefined,
): Promise<PinnedImage> {
  if (previous?.setting === setting) return previous;
  return {
    setting,
    reference: (await pin("database.image", setting)) ?? setting,
  };
}

/**
 * Pins an image to the current digest of its tag, or returns it unchanged, with a warning, if only Docker or the nodes
 * have access to it.
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
        `marquee:${key} is "${image}", whose digest can't be read (${message}), so its tag is used, which may move unnoticed. Log in with \`docker login\`, or name the image by digest (…@sha256:…).`,
      );
      return image;
    }
    const text = `marquee:${key} is "${image}", which can't be read: ${message}. Fix that, or name the image by digest (…@sha256:…).`;
    if (!pulumi.runtime.isDryRun())
      throw new pulumi.RunError(`${text} Nothing was built or changed.`);
    await pulumi.log.warn(
      `This preview ignores the image, and \`pulumi up\` will fail: ${text}`,
    );
    return undefined;
  }
}
