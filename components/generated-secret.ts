import { randomBytes } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { readCluster } from "./cluster-objects.ts";
import type { DeploymentRecord } from "./deployment-record.ts";
import { forcePatch, recommendedLabels } from "./naming.ts";
import type { Kubeconfig } from "./preflight.ts";

/** The one key in a generated Secret. */
const key = "value";

/** A container's environment variable: a text, or what is in a Secret. */
export type EnvValue = pulumi.Input<string> | SecretValue;

/** Where a value is that nobody may read. */
export interface SecretValue {
  secretKeyRef: { name: pulumi.Input<string>; key: string };
}

/** Values of generated Secrets that the namespace holds, by the Secret's name in the program. */
export type GeneratedValues = Readonly<Record<string, string>>;

export interface GeneratedSecretArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The service that it belongs to, for its labels. */
  owner: string;
  /** A value from the stack's configuration, instead of a generated one. */
  given?: string | undefined;
  /** Values to keep, as data may be encrypted with them. @default a new value */
  existing?: GeneratedValues | undefined;
}

/**
 * Creates a Secret with a random value, 192 bits as base64url, which is kept in the cluster and, encrypted, in Pulumi's
 * state. It lives as long as its namespace: the data that its value encrypts may outlive the service and the stack.
 */
export function createGeneratedSecret(
  name: string,
  { namespace, owner, given, existing = {} }: GeneratedSecretArgs,
  opts: pulumi.CustomResourceOptions,
): SecretValue {
  const { metadata } = new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        namespace,
        labels: recommendedLabels(owner),
        annotations: forcePatch,
      },
      stringData: pulumi.secret({
        [key]: given ?? existing[name] ?? randomBytes(24).toString("base64url"),
      }),
    },
    // Each run generates another value; the first one stays.
    given === undefined
      ? {
          ...opts,
          ignoreChanges: ["stringData", "data"],
          retainOnDelete: true,
        }
      : opts,
  );
  return { secretKeyRef: { name: metadata.name, key } };
}

/**
 * Reads generated values that the namespace already holds for the services that this update adds to it: when it adopts
 * the namespace, and when a service comes back from elsewhere. Of several Secrets with the same name in the program, the
 * newest counts.
 */
export async function readGeneratedValues(
  {
    context,
    adopt,
    services,
  }: Pick<Settings, "context" | "adopt" | "services">,
  kubeconfig: Pick<Kubeconfig, "files">,
  record: DeploymentRecord,
  namespace: string,
): Promise<GeneratedValues> {
  const isNew = Object.entries(services).some(
    ([name, { type }]) =>
      type !== "ExternalName" && !record.programs.includes(name),
  );
  // A preview doesn't show values.
  if (!isNew || !(record.hasNamespace || adopt) || pulumi.runtime.isDryRun())
    return {};
  const secrets = await readCluster(context, kubeconfig)
    .then((cluster) => cluster.secrets(namespace))
    .catch((error: Error) => {
      throw new pulumi.RunError(
        `The keys and passwords in the namespace ${namespace} can't be read, so nothing was built or changed: ${error.message}.`,
      );
    });
  return Object.fromEntries(
    secrets
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
      .flatMap(({ name, data }) => {
        const logicalName = name.match(autoName)?.[1];
        return logicalName && data[key] !== undefined
          ? [[logicalName, data[key]]]
          : [];
      }),
  );
}

/** The provider names an object after its resource, and appends eight random hexadecimal digits. */
const autoName = /^(.+)-[0-9a-f]{8}$/;

/** A container's environment, as Kubernetes has it. */
export const environmentOf = (
  variables: Record<string, EnvValue>,
): k8s.types.input.core.v1.EnvVar[] =>
  Object.entries(variables).map(([name, value]) =>
    isSecretValue(value) ? { name, valueFrom: value } : { name, value },
  );

const isSecretValue = (value: EnvValue): value is SecretValue =>
  typeof value === "object" && "secretKeyRef" in value;
