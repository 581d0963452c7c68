import * as pulumi from "@pulumi/pulumi";
import { createImageSource } from "../../../components/images/image-source.ts";
import { image, settingsOf } from "./configurations.ts";
import { deploy } from "./engine.ts";

/** The full name of the stack that images are promoted from. */
export const staging = "organization/marquee/staging";
/** The images of all its services. */
export const all = {
  auth: image("auth"),
  payment: image("payment"),
  streaming: image("streaming"),
};

/** Requests images in a stack whose only source of images is staging with these outputs. */
export const promote = (
  names: string[],
  outputs: object | undefined,
  {
    imagesFrom = "staging",
    services = {},
    logShipperImage,
    preview = false,
    stacks = outputs && { [staging]: outputs },
  }: {
    imagesFrom?: string;
    services?: object;
    logShipperImage?: string;
    preview?: boolean;
    stacks?: Record<string, object> | undefined;
  } = {},
) =>
  deploy(
    async () => {
      const settings = settingsOf({
        registry: undefined,
        imagesFrom,
        services,
        issuer: "https://auth.example.com", // required if auth is elsewhere
        logShipperImage,
      });
      const imageOf = await createImageSource(settings, {});
      return names.map((name) => {
        const image = imageOf(name);
        return pulumi.isUnknown(image) ? "unknown" : image;
      });
    },
    { stack: "prod", preview, ...(stacks && { stacks }) },
  );
