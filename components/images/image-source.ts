import type * as pulumi from "@pulumi/pulumi";
import {
  type ImageBuildSettings,
  type ImageSources,
  imagesNeeded,
  imagesToBuild,
  prebuiltImage,
} from "../../config/images.ts";
import { pinBaseImage } from "./pinned-images.ts";
import { promotedImages } from "./promoted-images.ts";
import { ServiceImage } from "./service-image.ts";

/** Returns the image of a service or of the log shipper, by digest, and creates it if it is to be built. */
export type ImageSource = (name: string) => pulumi.Input<string>;

/**
 * The source of images: the configuration names one, the stack `imagesFrom` runs one, or it is built here and pushed.
 * @param contentHashes of the Docker contexts of the images to build, by name
 * @throws pulumi.RunError if that stack lacks an image, before anything is changed; in a preview, a warning
 */
export async function createImageSource(
  settings: ImageSources & ImageBuildSettings,
  contentHashes: Record<string, string>,
): Promise<ImageSource> {
  const { registry, platform, imagesFrom } = settings;
  const baseImage =
    imagesToBuild(settings).length > 0
      ? await pinBaseImage(settings.baseImage)
      : settings.baseImage;
  const promoted = imagesFrom
    ? await promotedImages(imagesFrom, imagesNeeded(settings))
    : {};
  const built = new Map<string, pulumi.Output<string>>();
  return (name) => {
    const existing = prebuiltImage(settings, name) ?? promoted[name];
    if (existing) return existing;
    const image =
      built.get(name) ??
      new ServiceImage(name, {
        registry,
        platform,
        baseImage,
        contentHash: contentHashes[name] ?? "",
      }).reference;
    built.set(name, image);
    return image;
  };
}
