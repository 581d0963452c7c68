import { existsSync } from "node:fs";
import { join } from "node:path";
import { say } from "../progress.ts";
import { pulumi } from "./cli.ts";
import { removeStaleLocks } from "./stack-locks.ts";
import { backend } from "./stacks.ts";
import { isLocal } from "./variables.ts";

/**
 * Prepares stack dev for an update. A killed run leaves a lock and pending operations with an unknown result: removes
 * the lock if its process has ended, and refreshes the operations' results from the cluster.
 */
export async function prepareStack(): Promise<void> {
  // Also create staging, so that `pulumi stack select staging` works. Not prod: its owner chooses how secrets are
  // encrypted.
  const stacks = join(backend, ".pulumi/stacks/marquee");
  if (isLocal() && !existsSync(join(stacks, "staging.json")))
    await pulumi(["stack", "select", "--create", "staging"]);
  await pulumi(["stack", "select", "--create", "dev"]);
  if (!removeStaleLocks(backend)) return;
  say(
    "  an earlier `pulumi up` was killed: refreshing the results of its operations",
  );
  await pulumi([
    ...["refresh", "--stack", "dev", "--yes", "--skip-preview"],
    "--clear-pending-creates",
  ]);
}
