import * as pulumi from "@pulumi/pulumi";
import { ownerAnnotation } from "../config/namespace.ts";
import type { PinnedImage } from "./images/pinned-images.ts";

/** This stack's last deployment, from its Pulumi state. Empty before the first one and after `pulumi destroy`. */
export interface DeploymentRecord {
  /** The kubeconfig context it was deployed to. */
  context?: string;
  /** Whether the state contains the namespace. */
  hasNamespace: boolean;
  /** The owner mark of the namespace. A namespace with another mark belongs to another state. */
  owner?: string;
  /** The programs that ran in the namespace. */
  programs: readonly string[];
  /** The database's image. */
  databaseImage?: PinnedImage;
}

/** The stack's output that a finished update leaves for the next one. */
interface DeploymentOutput {
  context: string;
  owner: string;
  databaseImage?: PinnedImage;
}

interface Outputs {
  deployment?: DeploymentOutput;
  images?: Record<string, string>;
}

interface ResourceState {
  outputs?: {
    context?: string;
    metadata?: { annotations?: Record<string, string> };
  };
}

/**
 * Reads the record from the output `deployment` or, if no update has finished yet, from the resources. Outputs come
 * first because the refresh at the beginning of every update overwrites resources with those in the cluster, which may
 * belong to another state.
 * @param namespace the stack's namespace
 */
export async function readDeploymentRecord(
  namespace: string,
): Promise<DeploymentRecord> {
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const { outputs }: { outputs: Outputs } = await pulumi.runtime.invoke(
    "pulumi:pulumi:readStackOutputs",
    { name: stack },
  );
  const programs = Object.keys(outputs.images ?? {});
  if (outputs.deployment)
    return { ...outputs.deployment, hasNamespace: true, programs };
  const resources: { outputs: Record<string, ResourceState> } =
    await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
      stackName: stack,
    });
  const find = (suffix: string) =>
    Object.entries(resources.outputs).find(([urn]) => urn.endsWith(suffix))?.[1]
      .outputs;
  const provider = find("pulumi:providers:kubernetes::cluster");
  const state = find(`kubernetes:core/v1:Namespace::${namespace}`);
  const owner = state?.metadata?.annotations?.[ownerAnnotation];
  return {
    ...(provider?.context && { context: provider.context }),
    hasNamespace: state !== undefined,
    programs,
    ...(owner && { owner }),
  };
}
