import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import { contentKey } from "../../local/content-key.ts";
import { cache } from "../../local/host.ts";
import { step } from "../../local/progress.ts";
import { buildForHost } from "../../local/toolchain/go.ts";

/**
 * Builds programs that tests start, unless the cache has them. Each is built in a temporary folder and then renamed, so
 * that a killed or concurrent build leaves no partial program.
 * @param packages such as github.com/stripe/stripe-mock
 * @param module the folder with the go.mod and go.sum that pin their versions
 * @returns their paths, in the order of the packages
 */
export async function ensureGoPrograms(
  packages: string[],
  module: string,
): Promise<string[]> {
  const names = packages.map((source) => basename(source));
  const key = `${contentKey([module, import.meta.filename])}-${process.arch}`;
  const folder = join(cache, names.join("-"), key);
  const programs = names.map((name) => join(folder, name));
  if (!programs.every((program) => existsSync(program)))
    await step(`${names.join(" and ")} from Go modules`, async () => {
      mkdirSync(folder, { recursive: true });
      const work = mkdtempSync(`${folder}.`);
      try {
        await buildForHost(packages, module, work);
        for (const name of names)
          renameSync(join(work, name), join(folder, name));
      } finally {
        rmSync(work, { recursive: true, force: true });
      }
    });
  return programs;
}
