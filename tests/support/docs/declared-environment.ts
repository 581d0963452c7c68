import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { project } from "./markdown.ts";

/** An environment variable that a service declares. */
export interface DeclaredVariable {
  name: string;
  isRequired: boolean;
  /** undefined if the variable is optional and has none. */
  default?: string;
}

/** The variables that a service's server.ts declares, by running it up to the declaration. */
export async function declaredEnvironment(
  service: string,
): Promise<DeclaredVariable[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    join(import.meta.dirname, "record-environment.ts"),
    join(project, "services", service, "server.ts"),
  ]);
  return JSON.parse(stdout);
}
