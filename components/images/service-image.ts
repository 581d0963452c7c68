import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { componentTypes } from "../naming.ts";
import { contextOf } from "./bundle.ts";

export interface ServiceImageArgs {
  /** The registry to push to: host, port and path, without the image's own name. */
  registry: pulumi.Input<string>;
  /** The base image, by digest where that is known. Its entry point is Node.js. */
  baseImage: pulumi.Input<string>;
  /** The platform of the cluster's nodes, such as linux/amd64. Docker's own default is this machine's. */
  platform: string;
  /** A hash of the Docker context's content. */
  contentHash: string;
}

/** Hexadecimal digits of a tag: enough to tell the images of one service apart. */
const tagLength = 12;

/** A service's image, built from its bundle and pushed to the registry. Unchanged sources change nothing. */
export class ServiceImage extends pulumi.ComponentResource {
  /** The image by digest, `registry/marquee-auth@sha256:…`. */
  readonly reference: pulumi.Output<string>;

  constructor(
    name: string,
    args: ServiceImageArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(componentTypes.serviceImage, name, {}, opts);
    const context = contextOf(name);
    const image = new docker.Image(
      name,
      {
        // Pods use the digest. Registries clean up untagged images, so each image keeps a tag of its own.
        imageName: pulumi.interpolate`${args.registry}/${pulumi.getProject()}-${name}:${tag(args)}`,
        build: {
          context,
          dockerfile: `${context}/Dockerfile`,
          platform: args.platform,
          args: { BASE_IMAGE: args.baseImage },
        },
      },
      { parent: this },
    );
    this.reference = image.repoDigest.apply((reference) => {
      if (/@sha256:[0-9a-f]{64}$/.test(reference)) return reference;
      throw new pulumi.ResourceError(
        `The registry gave no digest for ${name}'s image ("${reference}"), so pods can't pull it. ` +
          `Push it again: pulumi up --target-replace '**docker:index/image:Image::${name}'`,
        image,
        true,
      );
    });
    this.registerOutputs({ reference: this.reference });
  }
}

/** The stack, and a hash of everything that the image is built from: `dev-0123456789ab`. */
const tag = ({ contentHash, platform, baseImage }: ServiceImageArgs) =>
  pulumi.output(baseImage).apply((baseImage) => {
    const hash = createHash("sha256")
      .update([contentHash, platform, baseImage].join("\n"))
      .digest("hex");
    return `${pulumi.getStack()}-${hash.slice(0, tagLength)}`;
  });
