import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { contentKey } from "../../local/content-key.ts";
import { cache } from "../../local/host.ts";
import { step } from "../../local/progress.ts";
import { goBuild } from "../../local/toolchain/go.ts";

const modules = join(import.meta.dirname, "go");

/** Versity's S3 gateway: it speaks S3 and keeps objects as files. Its version is in go/go.mod. */
const source = "github.com/versity/versitygw/cmd/versitygw";

/** Builds it (a minute), unless the cache has it; returns where it is. */
export async function ensureVersitygw(): Promise<string> {
  const folder = join(
    cache,
    "versitygw",
    contentKey([modules, import.meta.filename]),
  );
  const program = join(folder, "versitygw");
  if (!existsSync(program))
    await step("versitygw from Go modules", () => build(folder));
  return program;
}

/** Built beside its place and moved there whole: a build that is killed, or runs twice at once, leaves nothing half-done. */
async function build(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    await goBuild([source], `${work}/`, { cwd: modules });
    renameSync(join(work, "versitygw"), join(folder, "versitygw"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
