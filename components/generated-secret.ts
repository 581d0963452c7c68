import { randomBytes } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ownership, recommendedLabels } from "./naming.ts";

/** The one key in a generated Secret. */
const key = "value";

/** A container's environment variable: a text, or what is in a Secret. */
export type EnvValue = pulumi.Input<string> | SecretValue;

/** Where a value is that nobody may read. */
export interface SecretValue {
  secretKeyRef: { name: pulumi.Input<string>; key: string };
}

/**
 * A value that nobody thinks of and nobody reads: 192 random bits as base64url, made when the Secret is, and from then on in
 * the cluster and, encrypted, in Pulumi's state.
 * @param given a value that somebody did think of, instead
 */
export function createGeneratedSecret(
  name: string,
  namespace: pulumi.Input<string>,
  owner: string,
  opts: pulumi.CustomResourceOptions,
  given?: string,
): SecretValue {
  const { metadata } = new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        namespace,
        labels: recommendedLabels(owner),
        annotations: ownership,
      },
      stringData: pulumi.secret({
        [key]: given ?? randomBytes(24).toString("base64url"),
      }),
    },
    // Each run thinks of another value; the one that was there first stays.
    given === undefined
      ? { ...opts, ignoreChanges: ["stringData", "data"] }
      : opts,
  );
  return { secretKeyRef: { name: metadata.name, key } };
}

/** A container's environment, as Kubernetes has it. */
export const environmentOf = (
  variables: Record<string, EnvValue>,
): k8s.types.input.core.v1.EnvVar[] =>
  Object.entries(variables).map(([name, value]) =>
    isSecretValue(value) ? { name, valueFrom: value } : { name, value },
  );

const isSecretValue = (value: EnvValue): value is SecretValue =>
  typeof value === "object" && "secretKeyRef" in value;
