import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import { ends, warnings } from "../../support/components/engine.ts";
import { all, promote, staging } from "../../support/components/promotion.ts";

describe("createImageSource with imagesFrom: missing images", () => {
  const sentence = (names: string, keys: string, stack = "staging") =>
    `marquee:imagesFrom is "${stack}", and that stack runs no image of ${names}. Deploy it with one (\`pulumi up --stack ${stack}\`), or set ${keys}.`;
  const key = (service: string) => `marquee:services.${service}.image`;
  const everything = sentence(
    "auth, payment and streaming",
    `${key("auth")}, ${key("payment")} and ${key("streaming")}`,
  );
  const { auth, ...others } = all;
  const rows: [title: string, outputs: object | undefined, sentence: string][] =
    [
      ["has no outputs", {}, everything],
      ["exports an empty map of images", { images: {} }, everything],
      ["exports null as images", { images: null }, everything],
      ["lacks one image", { images: others }, sentence("auth", key("auth"))],
      [
        "lacks two images",
        { images: { auth } },
        sentence(
          "payment and streaming",
          `${key("payment")} and ${key("streaming")}`,
        ),
      ],
      [
        "exports an image by tag",
        { images: { ...all, payment: "ghcr.io/acme/marquee-payment:staging" } },
        sentence("payment", key("payment")),
      ],
      [
        "exports values that are not images",
        { images: { auth: "", payment: null, streaming: ["x"] } },
        everything,
      ],
      [
        "exports a string instead of a map of images",
        { images: "auth" },
        everything,
      ],
      [
        "does not exist",
        undefined,
        `marquee:imagesFrom is "staging", and its outputs can't be read (unknown stack "${staging}"). \`pulumi stack ls\` lists the existing stacks.`,
      ],
    ];
  for (const [title, outputs, sentence] of rows) {
    it(`fails an update if the source stack ${title}`, () =>
      ends(promote(["auth"], outputs), `${sentence} Nothing was changed.`));

    it(`only warns in a preview if the source stack ${title}`, async () => {
      const warned = await warnings(() =>
        promote(["auth"], outputs, { preview: true }),
      );
      assert.deepEqual(warned, [
        `warning: [runtime] This preview ignores these images, and \`pulumi up\` will fail: ${sentence}`,
      ]);
    });
  }

  it("previews with the images that the source stack has", async () => {
    let images: unknown;
    await warnings(async () => {
      const names = ["auth", "payment", "streaming"];
      const result = await promote(
        names,
        { images: others },
        { preview: true },
      );
      images = result.outputs;
    });
    assert.deepEqual(images, ["unknown", all.payment, all.streaming]);
  });

  it("previews with unknown images if the source stack does not exist", async () => {
    let images: unknown;
    await warnings(async () => {
      const { outputs } = await promote(["auth"], undefined, {
        preview: true,
      });
      images = outputs;
    });
    assert.deepEqual(images, ["unknown"]);
  });

  it("previews with the log shipper image that the configuration names", async () => {
    let images: unknown;
    await warnings(async () => {
      const { outputs } = await promote(["auth", "log-shipper"], undefined, {
        preview: true,
        services: { auth: { logSidecar: true } },
        logShipperImage: image("mine"),
      });
      images = outputs;
    });
    assert.deepEqual(images, ["unknown", image("mine")]);
  });

  it("spells the name of the source stack like the configuration", () =>
    ends(
      promote([], undefined, {
        imagesFrom: "acme/marquee/staging",
        stacks: { "acme/marquee/staging": { images: others } },
      }),
      `${sentence("auth", key("auth"), "acme/marquee/staging")} Nothing was changed.`,
    ));

  for (const imagesFrom of ["prod", "organization/marquee/prod"])
    it(`rejects the stack itself, spelled ${imagesFrom}, as the source stack`, () =>
      ends(
        promote([], undefined, {
          imagesFrom,
          stacks: { "organization/marquee/prod": { images: all } },
        }),
        `marquee:imagesFrom is "${imagesFrom}", which is this stack itself: it would run the same images forever. Name another stack, or remove the key (\`pulumi config rm imagesFrom\`). Nothing was changed.`,
      ));

  it("spells the name of an unreadable source stack like the configuration", () =>
    ends(
      promote([], undefined, { imagesFrom: "acme/tv/staging", stacks: {} }),
      'marquee:imagesFrom is "acme/tv/staging", and its outputs can\'t be read (unknown stack "acme/tv/staging"). `pulumi stack ls` lists the existing stacks. Nothing was changed.',
    ));

  it("suggests marquee:logShipperImage for a missing log shipper image", () =>
    ends(
      promote(
        [],
        { images: all },
        { services: { payment: { logSidecar: true } } },
      ),
      `${sentence("log-shipper", "marquee:logShipperImage")} Nothing was changed.`,
    ));

  it("suggests both keys for a missing service image and a missing log shipper image", () =>
    ends(
      promote(
        [],
        { images: others },
        { services: { payment: { logSidecar: true } } },
      ),
      `${sentence("auth and log-shipper", `${key("auth")} and marquee:logShipperImage`)} Nothing was changed.`,
    ));
});
