import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { delimiter, join } from "node:path";
import { contextDigest } from "../../../local/pulumi/docker-provider/context.ts";
import { check } from "../../../local/pulumi/docker-provider/image.ts";
import {
  asSecret,
  isUnknown,
  plain,
} from "../../../local/pulumi/docker-provider/values.ts";
import { useFolders } from "../../support/folders.ts";

const urn =
  "urn:pulumi:dev::marquee::marquee:components:ServiceImage$docker:index/image:Image::auth";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const sources = {
  Dockerfile: "FROM scratch\n",
  "app/server.mjs": "console.log('auth');\n",
  "app/assets/film.mp4": "a film\n",
};

describe("Stand-in Docker provider", () => {
  const useFolder = useFolders();

  describe("check", () => {
    const path = process.env.PATH;
    afterEach(() => {
      process.env.PATH = path;
    });
    /** Puts a shell script named docker in front of the PATH. */
    const useDocker = (script: string) => {
      const folder = useFolder({ docker: `#!/bin/sh\n${script}\n` });
      chmodSync(join(folder, "docker"), 0o755);
      process.env.PATH = `${folder}${delimiter}${path}`;
    };
    const image = (build: object = {}, more: object = {}) => {
      const context = useFolder(sources);
      return {
        imageName: "localhost:5001/marquee-auth:dev",
        build: {
          context,
          dockerfile: join(context, "Dockerfile"),
          platform: "linux/arm64",
          ...build,
        },
        ...more,
      };
    };
    const failures = async (inputs: Record<string, unknown>) =>
      (await check(urn, {}, inputs)).failures;

    it("adds the digest of the build context, and keeps all other inputs", async () => {
      const inputs = image({ args: { BASE_IMAGE: "node:24" } });
      const { context, dockerfile } = inputs.build;
      assert.deepEqual(await check(urn, {}, inputs), {
        inputs: {
          ...inputs,
          buildOnPreview: false,
          build: {
            ...inputs.build,
            contextDigest: contextDigest(context, dockerfile),
          },
        },
        failures: [],
      });
    });

    it("defaults to the context's Dockerfile", async () => {
      const inputs = image({ dockerfile: undefined });
      const { build } = (await check(urn, {}, inputs)).inputs;
      assert.equal(build.dockerfile, join(build.context, "Dockerfile"));
    });

    for (const platform of ["linux/amd64", "linux/arm64"])
      it(`defaults to the Docker engine's platform: ${platform}`, async () => {
        useDocker(
          `[ "$*" = "version --format {{.Server.Os}}/{{.Server.Arch}}" ] && echo ${platform}`,
        );
        const inputs = image({ platform: undefined });
        const { build } = (await check(urn, {}, inputs)).inputs;
        assert.equal(build.platform, platform);
      });

    it("needs no Docker engine if the platform is set", async () => {
      useDocker("exit 1");
      const { inputs, failures } = await check(urn, {}, image());
      assert.equal(inputs.build.platform, "linux/arm64");
      assert.deepEqual(failures, []);
    });

    it("fails without a platform if no Docker engine answers", async () => {
      useDocker("echo Cannot connect to the Docker daemon. >&2; exit 1");
      assert.deepEqual(await failures(image({ platform: undefined })), [
        {
          property: "build.platform",
          reason:
            "it is not set, and the Docker engine's can't be read; set it, such as to linux/amd64, or start the engine: Cannot connect to the Docker daemon.",
        },
      ]);
    });

    it("requires a registry's host in the name of a pushed image", async () => {
      for (const imageName of ["marquee-auth:dev", "acme/marquee-auth:dev"])
        assert.deepEqual(await failures({ ...image(), imageName }), [
          {
            property: "imageName",
            reason: `"${imageName}" does not say which registry to push to; begin it with the registry's host, such as docker.io/`,
          },
        ]);
    });

    for (const imageName of [
      "localhost/auth",
      "ghcr.io/acme/auth:1",
      "node:5001/a",
    ])
      it(`accepts the name ${imageName} for a pushed image`, async () => {
        assert.deepEqual(await failures({ ...image(), imageName }), []);
      });

    it("accepts any name for an image that is not pushed", async () => {
      const inputs = image({}, { imageName: "auth", skipPush: true });
      assert.deepEqual(await failures(inputs), []);
    });

    it("requires an image name", async () => {
      const { build } = image();
      assert.deepEqual(await failures({ build }), [
        {
          property: "imageName",
          reason: "an image needs a name, such as localhost:5001/auth:dev",
        },
      ]);
    });

    it("names a missing context and the folder that it is relative to", async () => {
      assert.deepEqual(await failures(image({ context: "build/nowhere" })), [
        {
          property: "build.context",
          reason: `the folder build/nowhere does not exist (relative to ${process.cwd()})`,
        },
      ]);
    });

    it("suggests the path within the context for a missing Dockerfile", async () => {
      const inputs = image({ dockerfile: "app/server.mjs" });
      const { context } = inputs.build;
      assert.deepEqual(await failures(inputs), [
        {
          property: "build.dockerfile",
          reason: `the file app/server.mjs does not exist (relative to ${process.cwd()}; try ${join(context, "app/server.mjs")})`,
        },
      ]);
    });

    it("accepts values that are unknown in a preview", async () => {
      const inputs = image({ context: unknown }, { imageName: unknown });
      assert.deepEqual(await check(urn, {}, inputs), { inputs, failures: [] });
    });

    it("rejects every other type of resource", async () => {
      await assert.rejects(
        check(
          "urn:pulumi:dev::marquee::docker:index/container:Container::c",
          {},
          {},
        ),
        /supports only docker:index\/image:Image, not docker:index\/container:Container; install the official plugin: pulumi plugin install resource docker/,
      );
    });
  });

  describe("plain", () => {
    it("unwraps secrets at any depth", () => {
      assert.deepEqual(
        plain({
          registry: { password: asSecret("p") },
          list: [asSecret({ deep: asSecret(1) }), 2],
        }),
        { registry: { password: "p" }, list: [{ deep: 1 }, 2] },
      );
    });

    it("omits undefined and null, and keeps false, zero, empty and unknown values", () => {
      assert.deepEqual(
        plain({ a: undefined, b: null, c: false, d: 0, e: "", f: unknown }),
        { c: false, d: 0, e: "", f: unknown },
      );
    });

    it("recognizes values that are unknown in a preview", () => {
      assert.ok(isUnknown(unknown));
      assert.ok(!isUnknown("known"));
      assert.ok(!isUnknown(undefined));
    });
  });
});
