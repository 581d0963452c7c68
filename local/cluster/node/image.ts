import { join } from "node:path";
import { contentKey } from "../../content-key.ts";
import { buildImage, buildPackages, copyScript } from "../../docker/build.ts";
import { imageExists } from "../../docker/images.ts";
import { step } from "../../progress.ts";
import { clusterPrograms, versions } from "../../toolchain/index.ts";

const dockerfile = join(import.meta.dirname, "Dockerfile");
const entrypoint = join(import.meta.dirname, "entrypoint.sh");

const [, programsKey] = clusterPrograms.split("-");
const key = contentKey([import.meta.filename, dockerfile, entrypoint]);

/** Kubernetes and a registry as one image; the configuration is mounted, not in it. */
export const nodeImage = `marquee/kubernetes:${versions.kubernetes}-${programsKey}${key.slice(0, 8)}`;

export const hasNodeImage = () => imageExists(nodeImage);

const nodeBuild = {
  image: nodeImage,
  dockerfile,
  args: { PROGRAMS: clusterPrograms },
};

/** Installs the node image's Debian packages, unless Docker has the image: programs compile at the same time. */
export async function prepareNodeImage(): Promise<void> {
  if (await hasNodeImage()) return;
  await step("Debian packages of the Kubernetes node", (report) =>
    buildPackages({ ...nodeBuild, report }),
  );
}

/** Builds the node image, unless Docker has it. */
export async function ensureNodeImage(): Promise<void> {
  if (await hasNodeImage()) return;
  await step("image of the Kubernetes node", (report) =>
    buildImage({ ...nodeBuild, report }, (context) =>
      copyScript(entrypoint, join(context, "entrypoint.sh")),
    ),
  );
}
