import { randomBytes } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterObjects } from "./cluster-objects.ts";
import { ownership, recommendedLabels } from "./naming.ts";

/** The one key in a generated Secret. */
const key = "value";

/** A container's environment variable: a text, or what is in a Secret. */
export type EnvValue = pulumi.Input<string> | SecretValue;

/** Where a value is that nobody may read. */
export interface SecretValue {
  secretKeyRef: { name: pulumi.Input<string>; key: string };
}

/** How generated values outlive the deployment that made them: data encrypted with a key is lost without it. */
export interface SecretLifetime {
  /** Whether `pulumi destroy` leaves the Secrets. */
  retain: boolean;
  /** Values that an adopted namespace holds, by the Secret's name in the program. */
  adopted: Readonly<Record<string, string>>;
}

/** Deleted with the stack, and made anew by each deployment. */
const shortLived: SecretLifetime = { retain: false, adopted: {} };

export interface GeneratedSecretArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The service that it belongs to, for its labels. */
  owner: string;
  /** A value from the stack's configuration, instead of a generated one. */
  given?: string | undefined;
  /** @default deleted with the stack */
  lifetime?: SecretLifetime | undefined;
}

/**
 * A Secret with a random value: 192 bits as base64url, made when the Secret is created, and from then on kept in the cluster
 * and, encrypted, in Pulumi's state.
 */
export function createGeneratedSecret(
  name: string,
  { namespace, owner, given, lifetime = shortLived }: GeneratedSecretArgs,
  opts: pulumi.CustomResourceOptions,
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
        [key]:
          given ??
          lifetime.adopted[name] ??
          randomBytes(24).toString("base64url"),
      }),
    },
    // Each run generates another value; the first one stays.
    given === undefined
      ? {
          ...opts,
          ignoreChanges: ["stringData", "data"],
          ...(lifetime.retain && { retainOnDelete: true }),
        }
      : opts,
  );
  return { secretKeyRef: { name: metadata.name, key } };
}

/**
 * Reads the generated values in a namespace that is being adopted, so that this stack goes on with its keys and passwords.
 * @returns values by the Secret's name in the program; of several with the same name, the newest
 */
export async function readGeneratedSecrets(
  namespace: string,
  cluster: Pick<ClusterObjects, "secrets">,
): Promise<Record<string, string>> {
  const secrets = await cluster.secrets(namespace);
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
