import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, join } from "node:path";
import { contentKey } from "../../local/content-key.ts";
import { cache } from "../../local/environment.ts";
import { step } from "../../local/progress.ts";
import { buildForHost } from "../../local/toolchain/go.ts";
import { sources, type TestTool } from "./test-tool.ts";

/** Programs that are built from Go modules for tests. */
export interface GoTool extends TestTool {
  /**
   * Builds the programs, unless the cache has them. Each is built in a temporary folder and then renamed, so that a
   * killed or concurrent build leaves no partial program.
   * @returns their paths, in the order of the packages
   */
  ensure(): Promise<string[]>;
}

/**
 * @param packages such as github.com/stripe/stripe-mock
 * @param module the folder with the go.mod and go.sum that pin their versions
 * @param reason what tests need the programs for
 */
export function goTool(
  packages: string[],
  module: string,
  reason: string,
): GoTool {
  const names = packages.map((source) => basename(source));
  const key = `${contentKey([module, import.meta.filename])}-${process.arch}`;
  const folder = join(cache, names.join("-"), key);
  const programs = names.map((name) => join(folder, name));
  const name = names.join(" and ");
  const isReady = () => programs.every((program) => existsSync(program));
  return {
    name,
    source: sources.goModules,
    reason,
    isReady,
    async ensure() {
      if (!isReady())
        await step(`${name} from Go modules`, async () => {
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
    },
  };
}
