import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import { warnings } from "../../support/components/engine.ts";
import { all, promote, staging } from "../../support/components/promotion.ts";

describe("imageSource with imagesFrom", () => {
  it("has the images that the other stack runs, and makes nothing: no image, no Docker provider, nothing to refresh", async () => {
    const { outputs, resources } = await promote(["auth", "streaming"], {
      images: all,
      endpoints: {},
    });
    assert.deepEqual(outputs, [all.auth, all.streaming]);
    assert.deepEqual(resources, []);
  });

  for (const [imagesFrom, asked] of [
    ["staging", staging],
    [staging, staging],
    ["acme/tv/a_b-c.1", "acme/tv/a_b-c.1"],
  ] as const)
    it(`asks ${asked} for ${imagesFrom}, once`, async () => {
      const { calls } = await promote(["auth"], undefined, {
        imagesFrom,
        stacks: { [asked]: { images: all } },
      });
      assert.deepEqual(
        calls.map(({ token, inputs }) => [token, inputs]),
        [["pulumi:pulumi:readStackOutputs", { name: asked }]],
      );
    });

  it("has the log shipper, however often it is asked for", async () => {
    const logSidecar = true;
    const images = { ...all, "log-shipper": image("log-shipper") };
    const { outputs } = await promote(
      ["log-shipper", "log-shipper"],
      { images },
      { services: { auth: { logSidecar }, payment: { logSidecar } } },
    );
    assert.deepEqual(outputs, [image("log-shipper"), image("log-shipper")]);
  });

  it("has the log shipper that a setting names, whichever the other stack runs", async () => {
    const images = { ...all, "log-shipper": image("log-shipper") };
    const { outputs } = await promote(
      ["log-shipper", "auth"],
      { images },
      {
        services: { auth: { logSidecar: true } },
        logShipperImage: image("mine"),
      },
    );
    assert.deepEqual(outputs, [image("mine"), all.auth]);
  });

  describe("of a stack that runs what this one needs", () => {
    const logSidecar = true;
    const rows: [
      title: string,
      services: object,
      images: object,
      logShipperImage?: string,
    ][] = [
      [
        "though not what a setting names an image for",
        { auth: { image: image("mine") } },
        { ...all, auth: undefined },
      ],
      [
        "though not what runs elsewhere",
        { auth: { type: "ExternalName", externalName: "a.example.com" } },
        { ...all, auth: undefined },
      ],
      ["though no log shipper, which nobody uses", {}, all],
      [
        "though no log shipper, which a setting names an image for",
        { auth: { logSidecar }, streaming: { logSidecar } },
        all,
        image("log-shipper"),
      ],
      ["and more than that", {}, { ...all, search: image("search") }],
    ];
    for (const [title, services, images, logShipperImage] of rows)
      for (const preview of [false, true])
        it(`goes on in ${preview ? "a preview" : "an update"}: ${title}`, async () => {
          const warned = await warnings(async () => {
            const { outputs } = await promote(
              ["payment"],
              { images },
              {
                services,
                preview,
                ...(logShipperImage && { logShipperImage }),
              },
            );
            assert.deepEqual(outputs, [all.payment]);
          });
          assert.deepEqual(warned, []);
        });
  });
});
