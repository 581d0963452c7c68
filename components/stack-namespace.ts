import { randomBytes } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type NamespaceSettings,
  ownerAnnotation,
  podSecurityLabels,
} from "../config/namespace.ts";
import type { Settings } from "../config/settings.ts";
import { type ExistingNamespace, readCluster } from "./cluster-objects.ts";
import type { DeploymentRecord } from "./deployment-record.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { forcePatch } from "./naming.ts";
import { createMutableSecretsProvider } from "./providers.ts";
import { createPullSecret } from "./pull-secret.ts";

/**
 * The value of `marquee:adopt` that adopts this namespace. It changes with the owner, so that each value works once.
 */
const adoptionKey = ({ uid, annotations }: ExistingNamespace) =>
  annotations[ownerAnnotation] ?? uid;

/**
 * The issue of a namespace that this stack's state doesn't have: it exists already, or the cluster doesn't answer.
 * @param adopt `marquee:adopt`
 */
export async function namespaceIssue(
  name: string,
  adopt: string | undefined,
  context: string,
  kubeconfig: Pick<Kubeconfig, "files">,
): Promise<string | undefined> {
  let existing: ExistingNamespace | undefined;
  try {
    const cluster = await readCluster(context, kubeconfig);
    existing = await cluster.namespace(name);
  } catch (error) {
    return `The cluster of marquee:context "${context}" does not tell whether the namespace ${name} exists: ${(error as Error).message}.`;
  }
  if (!existing || adopt === adoptionKey(existing)) return undefined;
  return (
    `The namespace ${name} exists in this cluster, and this stack's state does not have it: another Pulumi state deployed it, this one was lost, or \`pulumi destroy\` left the data. ` +
    "To deploy beside it, use a stack of another name (`pulumi stack init`). " +
    `To take it over with its data and keys, after which no other state can update it: \`pulumi config set marquee:adopt ${adoptionKey(existing)}\`. ` +
    `To delete it with all its data: \`kubectl delete namespace ${name}\`.`
  );
}

/** The issue of a stack that was deployed to another context before. */
export function contextChangeIssue(
  context: string,
  record: DeploymentRecord,
  servers: Map<string, string | undefined>,
): string | undefined {
  const { context: former } = record;
  if (former === undefined || former === context) return undefined;
  const server = servers.get(former);
  if (server !== undefined && server === servers.get(context)) return undefined; // the same cluster by another name
  return (
    `marquee:context is "${context}", but this stack is deployed to "${former}": its objects and data there would be left behind. ` +
    `To move, run \`pulumi destroy\` with the former context first, or use a new stack (\`pulumi stack init\`). ` +
    `If both names mean the same cluster, keep both contexts in the kubeconfig for this update.`
  );
}

/** A namespace, and the mark of its owner. */
interface OwnedNamespace {
  name: pulumi.Output<string>;
  /** The owner mark, for the stack's output `deployment`. */
  owner: string;
}

export interface StackNamespace extends OwnedNamespace {
  /** The same name, for pods and their owners: it exists after the ServiceAccount that names the pull secret. */
  podNamespace: pulumi.Output<string>;
  /** The Secret that pods pull images with. */
  pullSecret: pulumi.Output<string> | undefined;
}

/**
 * Creates the stack's namespace with its pull secret and its default ServiceAccount.
 * @throws pulumi.RunError if another Pulumi state has taken it over
 */
export async function createStackNamespace(
  name: string,
  {
    namespace,
    retainData: retain,
    registryCredentials,
    context,
  }: Pick<
    Settings<string>,
    "namespace" | "retainData" | "registryCredentials" | "context"
  >,
  record: DeploymentRecord,
  opts: pulumi.CustomResourceOptions,
): Promise<StackNamespace> {
  const owned = await createNamespace(
    name,
    record,
    { ...namespace, retain },
    opts,
  );
  const pullSecret =
    registryCredentials &&
    createPullSecret(
      registryCredentials,
      owned.name,
      createMutableSecretsProvider(context, name),
    );
  const podNamespace = createDefaultAccount(owned.name, pullSecret, opts);
  return { ...owned, podNamespace, pullSecret };
}

/**
 * Creates the stack's namespace. Its pods must pass Pod Security `restricted`.
 * @param settings annotations and labels besides Marquee's, and whether `pulumi destroy` retains it
 * @throws pulumi.RunError if another Pulumi state has taken it over; in a preview, a warning
 */
export async function createNamespace(
  name: string,
  record: DeploymentRecord,
  { retain, annotations, labels }: NamespaceSettings & { retain: boolean },
  opts: pulumi.CustomResourceOptions,
): Promise<OwnedNamespace> {
  const owner = record.owner ?? randomBytes(12).toString("base64url");
  const { metadata } = new k8s.core.v1.Namespace(
    name,
    {
      metadata: {
        name,
        annotations: {
          ...annotations,
          ...forcePatch,
          [ownerAnnotation]: owner,
        },
        labels: { ...labels, ...podSecurityLabels },
      },
    },
    {
      ...opts,
      retainOnDelete: retain,
      // Another state's mark must not be overwritten: it makes this update fail below.
      ...(record.owner && {
        ignoreChanges: [`metadata.annotations["${ownerAnnotation}"]`],
      }),
    },
  );
  const found = metadata.annotations.apply(
    (annotations) => annotations?.[ownerAnnotation] ?? owner,
  );
  if (pulumi.runtime.isDryRun())
    // Not awaited: in a preview, it may be unknown.
    found.apply((found) => {
      if (found !== owner)
        pulumi.log.warn(`${takenOver(name)} \`pulumi up\` will fail.`);
    });
  else if ((await resolved(found)) !== owner)
    throw new pulumi.RunError(`${takenOver(name)} Nothing in it was changed.`);
  return { name: metadata.name, owner };
}

/**
 * Sets up the ServiceAccount of pods that name none. By default, such pods mount its token.
 * @param pullSecret the name of the Secret that they pull images with. @default none
 * @returns the namespace's name, for pods and their owners: pods get the pull secret only if the account exists
 * before them
 */
export function createDefaultAccount(
  namespace: pulumi.Output<string>,
  pullSecret: pulumi.Input<string> | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { metadata } = new k8s.core.v1.ServiceAccount(
    "default",
    {
      metadata: { name: "default", namespace, annotations: forcePatch },
      automountServiceAccountToken: false,
      ...(pullSecret && { imagePullSecrets: [{ name: pullSecret }] }),
    },
    // Kubernetes recreates it at once, so Pulumi would never see it deleted.
    { ...opts, retainOnDelete: true },
  );
  return pullSecret ? metadata.namespace : namespace;
}

const takenOver = (name: string) =>
  `Another Pulumi state has taken over the namespace ${name} since this stack's last update. ` +
  "Do not run `pulumi destroy` here: it would delete what the other one deployed. `pulumi stack rm --force` forgets this stack and leaves the cluster alone.";

/** The value of an output. Only in an update: in a preview, it may be unknown. */
const resolved = <T>(output: pulumi.Output<T>) =>
  new Promise<pulumi.Unwrap<T>>((resolve) => {
    output.apply((value) => resolve(value as pulumi.Unwrap<T>));
  });
