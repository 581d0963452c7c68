import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import { warnings } from "../../support/components/engine.ts";
import { all, promote, staging } from "../../support/components/promotion.ts";

describe("createImageSource with imagesFrom", () => {
  it("returns the images of the source stack and creates no resources", async () => {
    const { outputs, resources } = await promote(["auth", "streaming"], {
      images: all,
      endpoints: {},
    });
    assert.deepEqual(outputs, [all.auth, all.streaming]);
    assert.deepEqual(resources, []);
  });

  for (const [imagesFrom, fullName] of [
    ["staging", staging],
    [staging, staging],
    ["acme/tv/a_b-c.1", "acme/tv/a_b-c.1"],
  ] as const)
    it(`reads the outputs of ${fullName} once for ${imagesFrom}`, async () => {
      const { calls } = await promote(["auth"], undefined, {
        imagesFrom,
        stacks: { [fullName]: { images: all } },
      });
      assert.deepEqual(
        calls.map(({ token, inputs }) => [token, inputs]),
        [["pulumi:pulumi:readStackOutputs", { name: fullName }]],
      );
    });

  it("returns the log shipper image for each request", async () => {
    const logSidecar = true;
    const images = { ...all, "log-shipper": image("log-shipper") };
    const { outputs } = await promote(
      ["log-shipper", "log-shipper"],
      { images },
      { services: { auth: { logSidecar }, payment: { logSidecar } } },
    );
    assert.deepEqual(outputs, [image("log-shipper"), image("log-shipper")]);
  });

  it("prefers the configured log shipper image to that of the source stack", async () => {
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

  describe("source stack with every needed image", () => {
    const logSidecar = true;
    const rows: [
      title: string,
      services: object,
      images: object,
      logShipperImage?: string,
    ][] = [
      [
        "lacks an image that the configuration names",
        { auth: { image: image("mine") } },
        { ...all, auth: undefined },
      ],
      [
        "lacks the image of a service that runs elsewhere",
        { auth: { type: "ExternalName", externalName: "a.example.com" } },
        { ...all, auth: undefined },
      ],
      ["lacks a log shipper image that no service needs", {}, all],
      [
        "lacks a log shipper image that the configuration names",
        { auth: { logSidecar }, streaming: { logSidecar } },
        all,
        image("log-shipper"),
      ],
      ["has more images than needed", {}, { ...all, search: image("search") }],
    ];
    for (const [title, services, images, logShipperImage] of rows)
      for (const preview of [false, true])
        it(`completes ${preview ? "a preview" : "an update"} without warnings if the source stack ${title}`, async () => {
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
