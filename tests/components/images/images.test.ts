import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { createImageSource } from "../../../components/images/image-source.ts";
import { imagesToBuild } from "../../../config/images.ts";
import { image, settingsOf } from "../../support/components/configurations.ts";
import {
  count,
  deploy,
  ends,
  only,
  warnings,
} from "../../support/components/engine.ts";
import { withImage } from "../../support/components/registry.ts";

const imageType = "docker:index/image:Image";
const external = { type: "ExternalName", externalName: "pay.example.com" };

describe("imagesToBuild", () => {
  const logShipperImage = image("log-shipper");
  const rows: [
    title: string,
    services: Record<string, unknown>,
    images: string[],
    changes?: Record<string, unknown>,
  ][] = [
    ["every service", {}, ["auth", "payment", "streaming"]],
    [
      "every service but one that runs elsewhere",
      { payment: external },
      ["auth", "streaming"],
    ],
    [
      "every service, including one with 0 replicas",
      { auth: { replicas: 0 } },
      ["auth", "payment", "streaming"],
    ],
    [
      "every service but a prebuilt one",
      { auth: { image: image() } },
      ["payment", "streaming"],
    ],
    [
      "nothing if every service is prebuilt or runs elsewhere",
      {
        auth: { image: image() },
        payment: external,
        streaming: { image: image() },
      },
      [],
    ],
    [
      "the log shipper once for several services",
      { auth: { logSidecar: true }, payment: { logSidecar: {} } },
      ["auth", "payment", "streaming", "log-shipper"],
    ],
    [
      "the log shipper of a prebuilt service",
      { auth: { image: image(), logSidecar: true } },
      ["payment", "streaming", "log-shipper"],
    ],
    [
      "no prebuilt log shipper",
      { auth: { logSidecar: true } },
      ["auth", "payment", "streaming"],
      { logShipperImage },
    ],
    [
      "no prebuilt log shipper for a prebuilt and a built service",
      {
        auth: { image: image(), logSidecar: true },
        payment: { logSidecar: true },
      },
      ["payment", "streaming"],
      { logShipperImage },
    ],
    [
      "every service next to a prebuilt log shipper that no service uses",
      {},
      ["auth", "payment", "streaming"],
      { logShipperImage },
    ],
    [
      "no disabled log shipper",
      { auth: { logSidecar: false } },
      ["auth", "payment", "streaming"],
    ],
  ];
  for (const [title, services, images, changes] of rows) {
    it(`lists ${title}`, () => {
      const settings = settingsOf({ services, ...changes });
      assert.deepEqual(imagesToBuild(settings), images);
    });

    it(`lists nothing with imagesFrom where it would otherwise list ${title}`, () => {
      const imagesFrom = "staging";
      const settings = settingsOf({ services, ...changes, imagesFrom });
      assert.deepEqual(imagesToBuild(settings), []);
    });
  }
});

describe("createImageSource", () => {
  /** Pinned by digest, so that no registry is asked. */
  const pinned = { baseImage: image("node") };
  const built = {
    [imageType]: ({ inputs }: pulumi.runtime.MockResourceArgs) => ({
      repoDigest: inputs.imageName.replace(
        /:[\w-]+$/,
        `@sha256:${"b".repeat(64)}`,
      ),
    }),
  };

  it("builds an image without reading another stack", async () => {
    const { outputs, resources, calls } = await deploy(
      async () => (await createImageSource(settingsOf(pinned), {}))("auth"),
      { answers: built },
    );
    assert.deepEqual(calls, []);
    assert.equal(
      outputs,
      `localhost:5001/marquee-auth@sha256:${"b".repeat(64)}`,
    );
    assert.deepEqual(count(resources), {
      "marquee:components:ServiceImage": 1,
      [imageType]: 1,
    });
  });

  it("builds with the configured base image, platform and registry", async () => {
    const settings = settingsOf({
      registry: "ghcr.io/acme",
      baseImage: pinned.baseImage,
      platform: "linux/arm64",
    });
    const { resources } = await deploy(
      async () =>
        (await createImageSource(settings, { payment: "a hash" }))("payment"),
      { answers: built },
    );
    const { imageName, build } = only(resources, imageType, "payment").inputs;
    assert.match(imageName, /^ghcr\.io\/acme\/marquee-payment:dev-/);
    assert.equal(build.platform, "linux/arm64");
    assert.deepEqual(build.args, { BASE_IMAGE: pinned.baseImage });
  });

  it("builds each image once, however often it is requested", async () => {
    const { outputs, resources } = await deploy(
      async () => {
        const imageOf = await createImageSource(settingsOf(pinned), {});
        const names = ["log-shipper", "auth", "log-shipper", "log-shipper"];
        return names.map(imageOf);
      },
      { answers: built },
    );
    assert.deepEqual(
      outputs.map((reference) => /marquee-([\w-]+)@/.exec(reference)?.[1]),
      ["log-shipper", "auth", "log-shipper", "log-shipper"],
    );
    assert.equal(count(resources)[imageType], 2);
    only(resources, imageType, "log-shipper");
  });

  it("builds no image that the configuration names", async () => {
    const settings = settingsOf({
      ...pinned,
      services: { auth: { image: image("mine"), logSidecar: true } },
      logShipperImage: image("log-shipper"),
    });
    const { outputs, resources, calls } = await deploy(async () => {
      const imageOf = await createImageSource(settings, {});
      return ["auth", "log-shipper"].map(imageOf);
    });
    assert.deepEqual(outputs, [image("mine"), image("log-shipper")]);
    assert.deepEqual(resources, []);
    assert.deepEqual(calls, []);
  });

  describe("base image by tag", () => {
    const digest = `sha256:${"c".repeat(64)}`;
    const build = (baseImage: string, preview = false) =>
      deploy(
        async () => {
          (await createImageSource(settingsOf({ baseImage }), {}))("auth");
        },
        { answers: built, preview },
      );

    it("builds on the current digest of the tag", () =>
      withImage({ node: digest }, async (registry) => {
        const { resources } = await build(`${registry}/node:24`);
        assert.deepEqual(only(resources, imageType).inputs.build.args, {
          BASE_IMAGE: `${registry}/node@${digest}`,
        });
      }));

    it("fails an update before anything is pushed if the registry doesn't have the base image", () =>
      withImage({}, (registry) =>
        ends(
          build(`${registry}/node:24`),
          `marquee:baseImage is "${registry}/node:24", which can't be read: http://${registry}/v2/node/manifests/24 answers 404. Fix that, or name the image by digest (…@sha256:…). Nothing was built or changed.`,
        ),
      ));

    it("only warns in a preview if the registry doesn't have the base image", () =>
      withImage({}, async (registry) => {
        const warned = await warnings(() => build(`${registry}/node:24`, true));
        assert.match(warned.join(), /`pulumi up` will fail: .* 404/);
      }));
  });

  it("builds no image that is not requested", async () => {
    const { resources } = await deploy(async () => {
      await createImageSource(
        settingsOf({ ...pinned, services: { auth: { logSidecar: true } } }),
        {},
      );
    });
    assert.deepEqual(resources, []);
  });
});
