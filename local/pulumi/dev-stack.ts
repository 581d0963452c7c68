import { existsSync } from "node:fs";
import { join } from "node:path";
import { say } from "../progress.ts";
import { pulumi } from "./cli.ts";
import { removeStaleLocks } from "./stack-locks.ts";
import { backend } from "./stacks.ts";
import { isLocal } from "./variables.ts";

/**
 * Prepares stack dev for an update. A run that was killed leaves its lock, and operations whose result is unknown: the
 * lock of a process that has ended is removed, and the result of its operations is looked up in the cluster.
 */
export async function prepareStack(): Promise<void> {
  // staging too, so that `pulumi stack select staging` finds it; not prod, whose secrets are its owner's matter.
  const stacks = join(backend, ".pulumi/stacks/marquee");
  if (isLocal() && !existsSync(join(stacks, "staging.json")))
    await pulumi(["stack", "select", "--create", "staging"]);
  await pulumi(["stack", "select", "--create", "dev"]);
  if (!removeStaleLocks(backend)) return;
  say(
    "  an earlier `pulumi up` was killed: looking up the result of its operations",
  );
  await pulumi([
    ...["refresh", "--stack", "dev", "--yes", "--skip-preview"],
    "--clear-pending-creates",
  ]);
}
