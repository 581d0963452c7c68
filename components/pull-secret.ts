import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  dockerHub,
  type RegistryCredentials,
} from "../config/registry-credentials.ts";
import { forcePatch } from "./naming.ts";

/**
 * Creates the Secret that ServiceAccounts name in imagePullSecrets. Its name does not change, so that running pods use
 * a new password, too.
 * @param provider with enableSecretMutable; by default, Pulumi would delete the Secret and create it again
 * @returns its name
 */
export function createPullSecret(
  credentials: Record<string, RegistryCredentials>,
  namespace: pulumi.Input<string>,
  provider: k8s.Provider,
): pulumi.Output<string> {
  const name = "registry-credentials";
  const { metadata } = new k8s.core.v1.Secret(
    name,
    {
      metadata: { name, namespace, annotations: forcePatch },
      type: "kubernetes.io/dockerconfigjson",
      stringData: pulumi.secret({
        ".dockerconfigjson": dockerConfig(credentials),
      }),
    },
    { provider },
  );
  return metadata.name;
}

/** A ~/.docker/config.json, as `kubectl create secret docker-registry` writes it. */
const dockerConfig = (credentials: Record<string, RegistryCredentials>) =>
  JSON.stringify({
    auths: Object.fromEntries(
      Object.entries(credentials).map(([host, { username, password }]) => [
        host === dockerHub ? "https://index.docker.io/v1/" : host,
        {
          username,
          password,
          auth: Buffer.from(`${username}:${password}`).toString("base64"),
        },
      ]),
    ),
  });
