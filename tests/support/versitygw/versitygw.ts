import { join } from "node:path";
import { ensureGoPrograms } from "../go-programs.ts";

/**
 * Builds Versity's S3 gateway, which keeps objects as files. Its version is in go/go.mod. Building it takes a minute.
 * @returns the path of the program
 */
export async function ensureVersitygw(): Promise<string> {
  const [program = ""] = await ensureGoPrograms(
    ["github.com/versity/versitygw/cmd/versitygw"],
    join(import.meta.dirname, "go"),
  );
  return program;
}
