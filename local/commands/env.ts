import { existsSync } from "node:fs";
import { kubeconfig } from "../cluster/kubeconfig.ts";
import { isLocal, variables } from "../pulumi/variables.ts";
import { UserError } from "../user-error.ts";

/** Prints the shell commands that set up `pulumi` and `kubectl` for this environment. */
export async function env(): Promise<void> {
  if (isLocal() && !existsSync(kubeconfig))
    throw new UserError("There is no local cluster. `npm run up` creates one.");
  for (const [name, value] of Object.entries(await variables()))
    console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
}
