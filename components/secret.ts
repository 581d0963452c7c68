import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { forcePatch, recommendedLabels } from "./naming.ts";

export interface SecretArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The service that it belongs to, for its labels. */
  owner: string;
  values: Record<string, pulumi.Input<string>>;
}

/**
 * Creates a Secret of a service. Pulumi names it anew for each content: a changed secret is a new object, which rolls
 * the pods that refer to it, and the old one is deleted after the rollout. To roll back, set the old value.
 */
export const createSecret = (
  name: string,
  { namespace, owner, values }: SecretArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret =>
  new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        namespace,
        labels: recommendedLabels(owner),
        annotations: forcePatch,
      },
      stringData: pulumi.secret(values),
    },
    opts,
  );
