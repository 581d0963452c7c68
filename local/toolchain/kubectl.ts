import { ownPath } from "../environment.ts";
import { run } from "../host/command.ts";
import { versions } from "./index.ts";

/** Whether the user's own kubectl supports the cluster. */
export const ownKubectl = (): Promise<boolean> =>
  run("kubectl", ["version", "--client", "--output", "json"], {
    env: { ...process.env, PATH: ownPath() },
  }).then(supportsCluster, () => false);

/**
 * Whether a kubectl supports the cluster: its minor version may differ by one
 * (https://kubernetes.io/releases/version-skew-policy/#kubectl).
 * @param version the output of `kubectl version --client --output json`
 */
export function supportsCluster(version: string): boolean {
  const [, minor] = version.match(/"gitVersion": *"v1\.(\d+)\./) ?? [];
  const [, wanted] = versions.kubernetes.split(".");
  return Math.abs(Number(minor) - Number(wanted)) <= 1;
}
