import { randomBytes } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import { readCluster } from "./cluster-objects.ts";
import type { SecretValue } from "./container-environment.ts";
import type { DeploymentRecord } from "./deployment-record.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { forcePatch, recommendedLabels } from "./naming.ts";

/** The one key in a generated Secret. */
const key = "value";

/** Values of generated Secrets in the namespace, by the Secret's name in the program. */
export type GeneratedValues = Readonly<Record<string, string>>;

export interface GeneratedSecretArgs {
  /** The namespace's name. */
  namespace: pulumi.Input<string>;
  /** The service that it belongs to, for its labels. */
  owner: string;
  /** A value from the stack's configuration. @default a generated value */
  given?: string | undefined;
  /** Values of earlier deployments to keep, as data may be encrypted with them. @default a new value */
  existing?: GeneratedValues | undefined;
}

/**
 * Creates a Secret with a random 192-bit value (base64url), which is stored in the cluster and, encrypted, in Pulumi's
 * state. It exists as long as its namespace: the data that its value encrypts may outlive the service and the stack.
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
    // Each run of this program generates another value; the first one is kept.
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

/** Creates a generated Secret for each of these environment variables of a service. */
export const createGeneratedSecrets = (
  variables: readonly string[],
  args: Omit<GeneratedSecretArgs, "given">,
  opts: pulumi.CustomResourceOptions,
): Record<string, SecretValue> =>
  Object.fromEntries(
    variables.map((variable) => [
      variable,
      createGeneratedSecret(
        `${args.owner}-${variable.toLowerCase().replaceAll("_", "-")}`,
        args,
        opts,
      ),
    ]),
  );

/**
 * Reads the generated values of services that this update adds to the namespace: when it adopts the namespace, and when
 * a service moves back into the cluster. If several Secrets have the same name in the program, the newest counts.
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
  const hasNewService = Object.entries(services).some(
    ([name, { type }]) =>
      type !== "ExternalName" && !record.programs.includes(name),
  );
  // A preview doesn't show values.
  if (
    !hasNewService ||
    !(record.hasNamespace || adopt) ||
    pulumi.runtime.isDryRun()
  )
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

/** The provider names an object after its resource, with eight random hexadecimal digits at the end. */
const autoName = /^(.+)-[0-9a-f]{8}$/;
