import { ownPath } from "../environment.ts";
import { run } from "../host/command.ts";
import { say } from "../progress.ts";
import { versions } from "../toolchain/index.ts";
import { variables } from "./variables.ts";

/** Runs pulumi with this environment's variables. */
export const pulumi = async (args: string[]): Promise<string> =>
  run("pulumi", [...args, "--non-interactive"], {
    env: { ...process.env, ...(await variables()) },
    log: "pulumi",
  });

/** Whether the user's own Pulumi can run this program. */
export async function ownPulumi(): Promise<boolean> {
  const version = await run("pulumi", ["version"], {
    env: {
      ...process.env,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PATH: ownPath(),
    },
  }).catch(() => undefined);
  const parts = version?.match(/^v3\.(\d+)\./);
  if (!parts) return false;
  const oldest = Number(versions.pulumi.split(".")[1]);
  if (Number(parts[1]) >= oldest) return true;
  say(
    `  pulumi ${version} on the PATH is older than ${versions.pulumi}, so it is not used here`,
  );
  return false;
}
