import { join } from "node:path";
import { ensureGoProgram } from "../go-program.ts";

/**
 * Versity's S3 gateway: it speaks S3 and keeps objects as files. Its version is in go/go.mod. Building it takes a minute.
 * @returns where it is
 */
export const ensureVersitygw = (): Promise<string> =>
  ensureGoProgram(
    "versitygw",
    "github.com/versity/versitygw/cmd/versitygw",
    join(import.meta.dirname, "go"),
  );
