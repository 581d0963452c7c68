import assert from "node:assert/strict";
import { diff, outputs } from "../../../local/pulumi/docker-provider/image.ts";
import { asSecret } from "../../../local/pulumi/docker-provider/values.ts";

const urn =
  "urn:pulumi:dev::marquee::marquee:components:ServiceImage$docker:index/image:Image::auth";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("Stand-in Docker provider: state", () => {
  describe("diff", () => {
    const inputs = {
      imageName: "localhost:5001/marquee-auth:dev",
      build: { context: "build/auth", contextDigest: "1", args: { A: "1" } },
      registry: { server: "localhost:5001", username: "a", password: "b" },
    };
    const changes = async (news: object, olds: object = inputs) =>
      (
        await diff(
          "id",
          urn,
          { __inputs: asSecret(olds) },
          { ...inputs, ...news },
        )
      ).changes;

    it("finds no change for the same inputs", async () => {
      assert.equal(await changes({}), false);
    });

    it("finds no change for other credentials", async () => {
      assert.equal(
        await changes({ registry: { server: "localhost:5001" } }),
        false,
      );
      assert.equal(
        await changes({
          registry: { ...inputs.registry, password: asSecret("new") },
        }),
        false,
      );
    });

    for (const [what, news] of Object.entries({
      "other content": { build: { ...inputs.build, contextDigest: "2" } },
      "another build argument": {
        build: { ...inputs.build, args: { A: "2" } },
      },
      "another name": { imageName: "localhost:5001/marquee-auth:staging" },
      "another registry": { registry: { server: "ghcr.io" } },
      "no registry": { registry: undefined },
      "a name that is unknown in a preview": { imageName: unknown },
    }))
      it(`finds a change for ${what}`, async () => {
        assert.equal(await changes(news), true);
      });

    it("finds a change for an image without stored inputs", async () => {
      assert.equal((await diff("id", urn, {}, inputs)).changes, true);
    });
  });

  describe("outputs", () => {
    const inputs = {
      imageName: "localhost:5001/marquee-auth:dev-1",
      build: {
        context: "build/auth",
        dockerfile: "build/auth/Dockerfile",
        platform: "linux/amd64",
        contextDigest: "1",
      },
      buildOnPreview: false,
      skipPush: false,
    };
    const repoDigest = `localhost:5001/marquee-auth@sha256:${"0".repeat(64)}`;

    it("have the official provider's form", () => {
      assert.deepEqual(outputs(inputs, repoDigest), {
        baseImageName: inputs.imageName,
        context: "build/auth",
        dockerfile: "Dockerfile",
        imageName: inputs.imageName,
        platform: "linux/amd64",
        registryServer: "",
        repoDigest,
        __inputs: asSecret(inputs),
      });
    });

    it("have no diff to the same inputs, wrapped as a secret or not", async () => {
      const state = outputs(inputs, repoDigest);
      for (const olds of [state, { ...state, __inputs: inputs }])
        assert.equal((await diff("id", urn, olds, inputs)).changes, false);
    });
  });
});
