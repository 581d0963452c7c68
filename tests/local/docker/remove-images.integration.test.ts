import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ensureDockerEngine } from "../../../local/docker/daemon.ts";
import { imageExists, removeImages } from "../../../local/docker/images.ts";
import { testLabel } from "../../../local/docker/test-containers.ts";
import { run } from "../../../local/host/command.ts";
import { newName } from "../../support/docker.ts";

describe("removeImages", () => {
  const made: string[] = [];
  const container = newName();
  before(ensureDockerEngine);
  after(async () => {
    await run("docker", ["rm", "--force", container]);
    for (const image of made)
      if (await imageExists(image)) await run("docker", ["image", "rm", image]);
  });
  async function make(image: string): Promise<string> {
    // The label makes each image unique.
    const label = `LABEL id=${randomBytes(6).toString("hex")}`;
    const emptyArchive = "\0".repeat(1024);
    await run("docker", ["import", "--change", label, "-", image], {
      input: emptyArchive,
    });
    made.push(image);
    return image;
  }

  it("removes every tag of the repositories, except images in use and other images", async () => {
    const registry = "127.0.0.250:5001";
    const images = [
      await make(`${registry}/marquee-auth:dev-1`),
      await make(`${registry}/marquee-payment:staging-1`),
      await make(`${registry}/node:24`),
    ];
    const again = `${registry}/marquee-auth:dev-2`;
    await run("docker", ["tag", images[0] as string, again]);
    const used = await make(`${registry}/marquee-auth:dev-3`);
    const create = ["create", "--name", container, ...testLabel];
    await run("docker", [...create, used, "command"]);
    const others = [
      await make(`${registry}/films:1`),
      await make("127.0.0.251:5001/marquee-auth:dev-1"),
    ];
    const repositories = [`${registry}/marquee-*`, `${registry}/node`];
    await removeImages(repositories);
    for (const image of [...images, again])
      assert.equal(await imageExists(image), false, image);
    for (const image of [used, ...others])
      assert.ok(await imageExists(image), image);

    await run("docker", ["rm", container]);
    await removeImages(repositories);
    assert.equal(await imageExists(used), false);
    await removeImages(repositories); // nothing is left to remove
  });
});
