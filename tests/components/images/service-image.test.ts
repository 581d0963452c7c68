import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
  ServiceImage,
  type ServiceImageArgs,
} from "../../../components/images/service-image.ts";
import {
  count,
  deploy,
  only,
  recordOptions,
} from "../../support/components/engine.ts";

const imageType = "docker:index/image:Image";
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const repoDigest = `ghcr.io/acme/marquee-auth@${digest}`;

/** Creates the image of auth; the registry answers its push with this reference. */
const auth = (
  args: Partial<ServiceImageArgs> = {},
  answer = repoDigest,
  opts: pulumi.ComponentResourceOptions = {},
) =>
  deploy(
    () => {
      const { reference } = new ServiceImage(
        "auth",
        {
          registry: "ghcr.io/acme",
          baseImage: "node:24",
          platform: "linux/arm64",
          contentHash: "a hash",
          ...args,
        },
        opts,
      );
      // Only the engine handles a failure.
      return /@sha256/.test(answer) ? reference : undefined;
    },
    {
      stack: "staging",
      answers: { [imageType]: () => ({ repoDigest: answer }) },
    },
  );

/** The unhandled rejections during some work. Pulumi would end the program with them, as would Mocha. */
async function unhandled(work: () => Promise<unknown>): Promise<unknown[]> {
  const listeners = process.listeners("unhandledRejection");
  const errors: unknown[] = [];
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => errors.push(error));
  try {
    await work();
    await new Promise((resolve) => setTimeout(resolve, 10));
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners)
      process.on("unhandledRejection", listener);
  }
  return errors;
}

describe("ServiceImage", () => {
  it("builds the service's bundle for the given platform, and pushes it", async () => {
    const { resources } = await auth();
    const { imageName, ...inputs } = only(resources, imageType, "auth").inputs;
    assert.match(imageName, /^ghcr\.io\/acme\/marquee-auth:/);
    assert.deepEqual(inputs, {
      build: {
        context: "build/auth",
        dockerfile: "build/auth/Dockerfile",
        platform: "linux/arm64",
        args: { BASE_IMAGE: "node:24" },
      },
      buildOnPreview: false,
      skipPush: false,
    });
  });

  const tagOf = async (changes: Partial<ServiceImageArgs> = {}) => {
    const { resources } = await auth(changes);
    return only(resources, imageType).inputs.imageName.split(":").at(-1);
  };

  it("tags an image with its stack and a hash of its content, so that no later push moves the tag", async () => {
    const tag = await tagOf();
    assert.match(tag, /^staging-[0-9a-f]{12}$/);
    assert.equal(await tagOf(), tag);
  });

  for (const change of [
    { contentHash: "another" },
    { platform: "linux/amd64" },
    { baseImage: "node:25" },
  ])
    it(`changes the tag if ${Object.keys(change)} changes`, async () => {
      assert.notEqual(await tagOf(change), await tagOf());
    });

  it("creates only the image, as its child", async () => {
    const options: Record<string, pulumi.CustomResourceOptions> = {};
    const { resources } = await auth({}, repoDigest, recordOptions(options));
    assert.ok(options[imageType]?.parent instanceof ServiceImage);
    assert.deepEqual(count(resources), {
      "marquee:components:ServiceImage": 1,
      [imageType]: 1,
    });
  });

  it("returns a reference by digest, not by tag", async () => {
    const { outputs } = await auth();
    assert.equal(outputs, repoDigest);
  });

  for (const answer of ["", "ghcr.io/acme/marquee-auth:staging", "sha256:0123"])
    it(`fails if the registry returns "${answer}" instead of a digest`, async () => {
      const errors = await unhandled(() => auth({}, answer));
      const error = errors.find(pulumi.ResourceError.isInstance);
      assert.ok(error, `${errors}`);
      assert.equal(error.hideStack, true);
      assert.ok(
        error.message.endsWith(
          `The registry gave no digest for auth's image ("${answer}"), so pods can't pull it. ` +
            "Push it again: pulumi up --target-replace '**docker:index/image:Image::auth'",
        ),
        error.message,
      );
    });
});
