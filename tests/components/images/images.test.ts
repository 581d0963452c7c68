import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { imageSource, imagesToBuild } from "../../../components/images.ts";
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
    ["none that runs elsewhere", { payment: external }, ["auth", "streaming"]],
    [
      "every service, also one without pods",
      { auth: { replicas: 0 } },
      ["auth", "payment", "streaming"],
    ],
    [
      "none that is prebuilt",
      { auth: { image: image() } },
      ["payment", "streaming"],
    ],
    [
      "none at all where all are prebuilt or elsewhere",
      {
        auth: { image: image() },
        payment: external,
        streaming: { image: image() },
      },
      [],
    ],
    [
      "the log shipper, once, for several services",
      { auth: { logSidecar: true }, payment: { logSidecar: {} } },
      ["auth", "payment", "streaming", "log-shipper"],
    ],
    [
      "the log shipper of a prebuilt service",
      { auth: { image: image(), logSidecar: true } },
      ["payment", "streaming", "log-shipper"],
    ],
    [
      "no log shipper that is prebuilt",
      { auth: { logSidecar: true } },
      ["auth", "payment", "streaming"],
      { logShipperImage },
    ],
    [
      "no log shipper that is prebuilt, for several services, some prebuilt",
      {
        auth: { image: image(), logSidecar: true },
        payment: { logSidecar: true },
      },
      ["payment", "streaming"],
      { logShipperImage },
    ],
    [
      "every service where a log shipper is prebuilt that nobody uses",
      {},
      ["auth", "payment", "streaming"],
      { logShipperImage },
    ],
    [
      "no log shipper that is switched off",
      { auth: { logSidecar: false } },
      ["auth", "payment", "streaming"],
    ],
  ];
  for (const [title, services, images, changes] of rows) {
    it(`is ${title}`, () => {
      const settings = settingsOf({ services, ...changes });
      assert.deepEqual(imagesToBuild(settings), images);
    });

    it(`is nothing with imagesFrom, where it would be ${title}`, () => {
      const imagesFrom = "staging";
      const settings = settingsOf({ services, ...changes, imagesFrom });
      assert.deepEqual(imagesToBuild(settings), []);
    });
  }
});

describe("imageSource", () => {
  /** By digest, so that no registry is asked for it. */
  const pinned = { baseImage: image("node") };
  const built = {
    [imageType]: ({ inputs }: pulumi.runtime.MockResourceArgs) => ({
      repoDigest: inputs.imageName.replace(
        /:[\w-]+$/,
        `@sha256:${"b".repeat(64)}`,
      ),
    }),
  };

  it("builds an image, and asks nothing of another stack", async () => {
    const { outputs, resources, calls } = await deploy(
      async () => (await imageSource(settingsOf(pinned), {}))("auth"),
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

  it("builds it on the base image, for the platform and to the registry that were said", async () => {
    const settings = settingsOf({
      registry: "ghcr.io/acme",
      baseImage: pinned.baseImage,
      platform: "linux/arm64",
    });
    const { resources } = await deploy(
      async () =>
        (await imageSource(settings, { payment: "a hash" }))("payment"),
      { answers: built },
    );
    const { imageName, build } = only(resources, imageType, "payment").inputs;
    assert.match(imageName, /^ghcr\.io\/acme\/marquee-payment:dev-/);
    assert.equal(build.platform, "linux/arm64");
    assert.deepEqual(build.args, { BASE_IMAGE: pinned.baseImage });
  });

  it("builds one image once, however often it is asked for", async () => {
    const { outputs, resources } = await deploy(
      async () => {
        const imageOf = await imageSource(settingsOf(pinned), {});
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

  it("builds nothing that a setting names", async () => {
    const settings = settingsOf({
      ...pinned,
      services: { auth: { image: image("mine"), logSidecar: true } },
      logShipperImage: image("log-shipper"),
    });
    const { outputs, resources, calls } = await deploy(async () => {
      const imageOf = await imageSource(settings, {});
      return ["auth", "log-shipper"].map(imageOf);
    });
    assert.deepEqual(outputs, [image("mine"), image("log-shipper")]);
    assert.deepEqual(resources, []);
    assert.deepEqual(calls, []);
  });

  describe("of a base image by tag", () => {
    const digest = `sha256:${"c".repeat(64)}`;
    const build = (baseImage: string, preview = false) =>
      deploy(
        async () => {
          (await imageSource(settingsOf({ baseImage }), {}))("auth");
        },
        { answers: built, preview },
      );

    it("builds on the digest that the tag has now", () =>
      withImage({ node: digest }, async (registry) => {
        const { resources } = await build(`${registry}/node:24`);
        assert.deepEqual(only(resources, imageType).inputs.build.args, {
          BASE_IMAGE: `${registry}/node@${digest}`,
        });
      }));

    it("ends an update, before anything is pushed, if the registry doesn't have it", () =>
      withImage({}, (registry) =>
        ends(
          build(`${registry}/node:24`),
          `marquee:baseImage is "${registry}/node:24", which can't be read: http://${registry}/v2/node/manifests/24 answers 404. Mend that, or name the image by digest (…@sha256:…). Nothing was built or changed.`,
        ),
      ));

    it("only warns in a preview if the registry doesn't have it", () =>
      withImage({}, async (registry) => {
        const warned = await warnings(() => build(`${registry}/node:24`, true));
        assert.match(warned.join(), /`pulumi up` will stop at it: .* 404/);
      }));
  });

  it("builds nothing that nobody asks for", async () => {
    const { resources } = await deploy(async () => {
      await imageSource(
        settingsOf({ ...pinned, services: { auth: { logSidecar: true } } }),
        {},
      );
    });
    assert.deepEqual(resources, []);
  });
});
