import assert from "node:assert/strict";
import { image } from "../../support/components/configurations.ts";
import {
  count,
  type Resource,
  warnings,
} from "../../support/components/engine.ts";
import {
  deployed,
  images,
  imageType,
  pods,
  prebuilt,
  useProgram,
} from "../../support/components/program.ts";

/** The image that the container of each service runs. */
const running = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(pods(resources)).map(([name, { containers }]) => [
      name,
      containers[0].image,
    ]),
  );

describe("The program: sources of images", () => {
  const { run, runWithoutRegistry, preview, failsBeforeCreation, built } =
    useProgram();

  describe("prebuilt images", () => {
    it("builds nothing, needs no registry, and starts no Docker provider", async () => {
      const { resources, outputs } = await runWithoutRegistry(prebuilt);
      assert.deepEqual(count(resources), deployed);
      assert.deepEqual(built(), []);
      assert.deepEqual(running(resources), images);
      assert.deepEqual(outputs.images, images);
    });

    it("builds only the images that are not prebuilt", async () => {
      const { resources, outputs, reference } = await run({
        payment: prebuilt.payment,
      });
      const some = {
        auth: reference("auth"),
        payment: images.payment,
        streaming: reference("streaming"),
      };
      assert.equal(count(resources)[imageType], 2);
      assert.deepEqual(built(), ["auth", "streaming"]);
      assert.deepEqual(running(resources), some);
      assert.deepEqual(outputs.images, some);
    });
  });

  describe("imagesFrom", () => {
    /** Options of stack prod, whose images come from a stack staging with these outputs. */
    const from = (outputs: object) => ({
      stack: "prod",
      config: { "marquee:imagesFrom": "staging" },
      stacks: { "organization/marquee/staging": outputs },
    });
    const promote = (services: object, images: object, config: object = {}) =>
      runWithoutRegistry(services, {
        ...from({ images }),
        config: { ...from({}).config, ...config },
      });

    it("runs the images of the other stack without a build or a registry", async () => {
      const { resources, outputs } = await promote({}, images);
      assert.deepEqual(count(resources), deployed);
      assert.deepEqual(built(), []);
      assert.deepEqual(running(resources), images);
      assert.deepEqual(outputs.images, images);
    });

    it("prefers a configured image to that of the other stack", async () => {
      const auth = { image: image("mine") };
      const { resources, outputs } = await promote({ auth }, images);
      const some = { ...images, auth: auth.image };
      assert.deepEqual(running(resources), some);
      assert.deepEqual(outputs.images, some);
    });

    it("runs the log shipper of the other stack", async () => {
      const shipper = image("log-shipper");
      const { resources } = await promote(
        { auth: { logSidecar: true }, payment: { logSidecar: true } },
        { ...images, "log-shipper": shipper },
      );
      const { auth, payment, streaming } = pods(resources);
      assert.equal(auth.initContainers[0].image, shipper);
      assert.equal(payment.initContainers[0].image, shipper);
      assert.ok(!("initContainers" in streaming));
    });

    it("prefers a configured log shipper image to that of the other stack", async () => {
      const shipper = image("mine");
      const { resources, outputs } = await promote(
        { auth: { logSidecar: true } },
        { ...images, "log-shipper": image("log-shipper") },
        { "marquee:logShipperImage": shipper },
      );
      assert.deepEqual(count(resources), deployed);
      const { auth } = pods(resources);
      assert.equal(auth.initContainers[0].image, shipper);
      assert.deepEqual(outputs.images, { ...images, "log-shipper": shipper });
    });

    it("fails before any change if the other stack lacks images", async () => {
      await failsBeforeCreation(
        {},
        /^marquee:imagesFrom is "staging", and that stack runs no image of auth, payment and streaming\. .* Nothing was changed\.$/,
        from({ images: {} }),
      );
      assert.deepEqual(built(), []);
    });

    it("fails before any change if the other stack can't be read", async () => {
      await failsBeforeCreation(
        {},
        /^marquee:imagesFrom is "staging", and its outputs can't be read \(unknown stack "organization\/marquee\/staging"\)\. .* Nothing was changed\.$/,
        { ...from({}), stacks: {} },
      );
      assert.deepEqual(built(), []);
    });

    it("previews with a warning if the other stack has no images yet", async () => {
      const warned = await warnings(async () => {
        const { resources } = await preview({}, from({}));
        assert.deepEqual(count(resources), deployed);
      });
      assert.equal(warned.length, 1);
    });
  });
});
