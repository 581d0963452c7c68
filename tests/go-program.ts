import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { contentKey } from "../local/content-key.ts";
import { cache } from "../local/host.ts";
import { step } from "../local/progress.ts";
import { goBuild } from "../local/toolchain/go.ts";

/**
 * Builds a program that tests start, unless the cache has it; returns where it is. It is built beside its place and moved there
 * whole: a build that is killed, or runs twice at once, leaves nothing half-done.
 * @param name the program's
 * @param source its package, such as github.com/stripe/stripe-mock
 * @param modules the folder with the go.mod and go.sum that say which version
 */
export async function ensureGoProgram(
  name: string,
  source: string,
  modules: string,
): Promise<string> {
  const folder = join(cache, name, contentKey([modules, import.meta.filename]));
  const program = join(folder, name);
  if (existsSync(program)) return program;
  await step(`${name} from Go modules`, async () => {
    mkdirSync(folder, { recursive: true });
    const work = mkdtempSync(`${folder}.`);
    try {
      await goBuild([source], `${work}/`, { cwd: modules });
      renameSync(join(work, name), program);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
  return program;
}
