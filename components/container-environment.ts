import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** The value of a container's environment variable: a text, or a reference to a Secret. */
export type EnvValue = pulumi.Input<string> | SecretValue;

/** A reference to a Secret's value. */
export interface SecretValue {
  secretKeyRef: { name: pulumi.Input<string>; key: string };
}

/** A container's environment in Kubernetes' form. */
export const environmentOf = (
  variables: Record<string, EnvValue>,
): k8s.types.input.core.v1.EnvVar[] =>
  Object.entries(variables).map(([name, value]) =>
    isSecretValue(value) ? { name, valueFrom: value } : { name, value },
  );

const isSecretValue = (value: EnvValue): value is SecretValue =>
  typeof value === "object" && "secretKeyRef" in value;
