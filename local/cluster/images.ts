import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import { buildImage, buildPackages } from "../docker-build.ts";
import { copyScript, imageExists, pushImage } from "../docker-image.ts";
import { run } from "../host.ts";
import { step } from "../progress.ts";
import * as toolchain from "../toolchain/index.ts";
import { registry } from "./addresses.ts";

const file = (name: string) => join(import.meta.dirname, name);
const key = (...names: string[]) =>
  contentKey([import.meta.filename, ...names.map(file)]).slice(0, 8);

/** Kubernetes and a registry as one image; the configuration is mounted, not in it. */
export const nodeImage = `marquee/kubernetes:${toolchain.versions.kubernetes}-${toolchain.key.slice(0, 8)}${key("node.Dockerfile", "node.sh")}`;

/** The image that services run on, as Pulumi.dev.yaml names it. */
const baseImage = `${registry}/node:24`;
export const localBase = `marquee/node:${process.versions.node}-${key("base.Dockerfile")}`;

/** Whether both images were made before. */
export const haveImages = async () =>
  (await imageExists(nodeImage)) && (await imageExists(localBase));

const nodeBuild = {
  image: nodeImage,
  dockerfile: file("node.Dockerfile"),
};

/** Installs the node image's Debian packages, unless Docker has the image: programs compile at the same time. */
export async function prepareNodeImage(): Promise<void> {
  if (await imageExists(nodeImage)) return;
  await step("Debian packages of the Kubernetes node", (report) =>
    buildPackages({ ...nodeBuild, report }),
  );
}

/** Makes the node image, unless Docker has it. */
export async function ensureNodeImage(): Promise<void> {
  if (await imageExists(nodeImage)) return;
  await step("image of the Kubernetes node", (report) =>
    buildImage({ ...nodeBuild, report }, async (context) => {
      for (const program of ["kube", "coredns", "metallb-controller"])
        await cp(join(toolchain.bin, program), join(context, "bin", program));
      await cp(toolchain.loadBalancerKinds, join(context, "crds"), {
        recursive: true,
      });
      copyScript(file("node.sh"), join(context, "node.sh"));
    }),
  );
}

/** Makes the services' base image, unless Docker has it. */
export async function ensureBaseImage(): Promise<void> {
  if (await imageExists(localBase)) return;
  await step("base image of the services, from Debian packages", (report) =>
    buildImage(
      { image: localBase, dockerfile: file("base.Dockerfile"), report },
      (context) => copyNode(join(context, "node")),
    ),
  );
}

/** Copies the Node.js program that runs here. Where that isn't Linux's, the npm registry has the same version for Linux. */
async function copyNode(to: string): Promise<void> {
  if (process.platform === "linux") return cp(process.execPath, to);
  const name = `node-linux-${process.arch}`;
  const folder = `${to}-package`;
  await run("npm", [
    ...["install", "--prefix", folder, "--no-save", "--ignore-scripts"],
    "--force", // npm refuses packages for other systems
    `${name}@${process.versions.node}`,
  ]);
  await rename(join(folder, "node_modules", name, "bin/node"), to);
  await rm(folder, { recursive: true }); // it would be sent to the engine
}

/** Puts the base image into the cluster's registry, where `FROM` names it. */
export const pushBaseImage = () => pushImage(localBase, baseImage);
