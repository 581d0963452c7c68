import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import { ends, warnings } from "../../support/components/engine.ts";
import { all, promote, staging } from "../../support/components/promotion.ts";

describe("imageSource with imagesFrom, of a stack that doesn't run what this one needs", () => {
  const sentence = (names: string, keys: string, stack = "staging") =>
    `marquee:imagesFrom is "${stack}", and that stack runs no image of ${names}. Deploy it so that it does (\`pulumi up --stack ${stack}\`), or name what is missing by ${keys}.`;
  const key = (service: string) => `marquee:services.${service}.image`;
  const everything = sentence(
    "auth, payment and streaming",
    `${key("auth")}, ${key("payment")} and ${key("streaming")}`,
  );
  const { auth, ...others } = all;
  const rows: [title: string, outputs: object | undefined, sentence: string][] =
    [
      ["that puts out nothing", {}, everything],
      ["that runs nothing", { images: {} }, everything],
      ["that puts out no images", { images: null }, everything],
      ["that lacks one", { images: others }, sentence("auth", key("auth"))],
      [
        "that lacks two",
        { images: { auth } },
        sentence(
          "payment and streaming",
          `${key("payment")} and ${key("streaming")}`,
        ),
      ],
      [
        "that puts out something else by that name",
        { images: { ...all, payment: "ghcr.io/acme/marquee-payment:staging" } },
        sentence("payment", key("payment")),
      ],
      [
        "that puts out everything else in place of images",
        { images: { auth: "", payment: null, streaming: ["x"] } },
        everything,
      ],
      ["that puts out a text in place of all", { images: "auth" }, everything],
      [
        "that does not exist",
        undefined,
        `marquee:imagesFrom is "staging", and its outputs can't be read (unknown stack "${staging}"). \`pulumi stack ls\` lists the stacks there are.`,
      ],
    ];
  for (const [title, outputs, sentence] of rows) {
    it(`ends an update with a sentence: one ${title}`, () =>
      ends(promote(["auth"], outputs), `${sentence} Nothing was changed.`));

    it(`only warns in a preview: one ${title}`, async () => {
      const warned = await warnings(() =>
        promote(["auth"], outputs, { preview: true }),
      );
      assert.deepEqual(warned, [
        `warning: [runtime] This preview is made without these images, and \`pulumi up\` will stop at them: ${sentence}`,
      ]);
    });
  }

  it("goes on in a preview with the images that there are", async () => {
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

  it("knows nothing in a preview where that stack does not exist", async () => {
    let images: unknown;
    await warnings(async () => {
      const { outputs } = await promote(["auth"], undefined, {
        preview: true,
      });
      images = outputs;
    });
    assert.deepEqual(images, ["unknown"]);
  });

  it("goes on in a preview with the log shipper that a setting names", async () => {
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

  it("says the stack as the configuration does", () =>
    ends(
      promote([], undefined, {
        imagesFrom: "acme/marquee/staging",
        stacks: { "acme/marquee/staging": { images: others } },
      }),
      `${sentence("auth", key("auth"), "acme/marquee/staging")} Nothing was changed.`,
    ));

  for (const imagesFrom of ["prod", "organization/marquee/prod"])
    it(`ends where it is this very stack, as ${imagesFrom}, which would stay as it is for ever`, () =>
      ends(
        promote([], undefined, {
          imagesFrom,
          stacks: { "organization/marquee/prod": { images: all } },
        }),
        `marquee:imagesFrom is "${imagesFrom}", which is this very stack: it would run for ever what it runs now. Name another, or take the key out (\`pulumi config rm imagesFrom\`). Nothing was changed.`,
      ));

  it("says a stack that can't be read as the configuration does", () =>
    ends(
      promote([], undefined, { imagesFrom: "acme/tv/staging", stacks: {} }),
      'marquee:imagesFrom is "acme/tv/staging", and its outputs can\'t be read (unknown stack "acme/tv/staging"). `pulumi stack ls` lists the stacks there are. Nothing was changed.',
    ));

  it("says of the log shipper what can be set: it is no service", () =>
    ends(
      promote(
        [],
        { images: all },
        { services: { payment: { logSidecar: true } } },
      ),
      `${sentence("log-shipper", "marquee:logShipperImage")} Nothing was changed.`,
    ));

  it("says of a service and the log shipper what can be set of each", () =>
    ends(
      promote(
        [],
        { images: others },
        { services: { payment: { logSidecar: true } } },
      ),
      `${sentence("auth and log-shipper", `${key("auth")} and marquee:logShipperImage`)} Nothing was changed.`,
    ));
});
