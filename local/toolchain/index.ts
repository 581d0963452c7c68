import { existsSync } from "node:fs";
import { imageExists } from "../docker/images.ts";
import { step } from "../progress.ts";
import { inBuilder } from "./builder.ts";
import { compile, type Missing } from "./compile.ts";
import {
  clusterPrograms,
  type HostProgram,
  languageHostScript,
  pathOf,
} from "./programs.ts";

export { bin, clusterPrograms, provider, versions } from "./programs.ts";

export interface Wanted {
  /** The programs for the node image, if it has to be built. */
  cluster: boolean;
  kubectl: boolean;
  /** The Pulumi CLI and its language host. */
  cli: boolean;
  /** The Kubernetes provider. */
  provider: boolean;
}

/** Whether the cache has the commands that the user lacks. */
export const hasPrograms = (own: {
  pulumi: boolean;
  kubectl: boolean;
}): boolean =>
  (own.kubectl || existsSync(pathOf("kubectl"))) &&
  (own.pulumi ||
    (existsSync(languageHostScript) && existsSync(pathOf("pulumi"))));

/** Builds the wanted programs, unless they exist. */
export async function ensurePrograms(wanted: Wanted): Promise<void> {
  const programs: HostProgram[] = [
    ...(wanted.kubectl ? (["kubectl"] as const) : []),
    ...(wanted.cli ? (["pulumi"] as const) : []),
    ...(wanted.provider ? (["pulumi-resource-kubernetes"] as const) : []),
  ];
  const missing: Missing = {
    cluster: wanted.cluster && !(await imageExists(clusterPrograms)),
    languageHost: wanted.cli && !existsSync(languageHostScript),
    host: programs.filter((program) => !existsSync(pathOf(program))),
  };
  if (!missing.cluster && !missing.languageHost && missing.host.length === 0)
    return;
  await step(
    `${wanted.provider ? "Pulumi and Kubernetes" : "Kubernetes"} from Go modules`,
    (report) => inBuilder((builder) => compile(builder, missing, report)),
    `${wanted.provider ? "about 7" : "about 4"} minutes on 2 cores, once`,
  );
}
