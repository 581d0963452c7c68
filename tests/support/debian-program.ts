import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache } from "../../local/environment.ts";
import { run, succeeds } from "../../local/host/command.ts";
import {
  canInstall,
  packageSources,
} from "../../local/host/debian-packages.ts";
import { sourcesFile } from "../../local/images/debian.ts";
import { step } from "../../local/progress.ts";
import { sources, type TestTool } from "./test-tool.ts";

const release = "bookworm";

/** How to start a program. */
interface DebianProgram {
  program: string;
  /** The search path of its shared libraries. */
  LD_LIBRARY_PATH: string;
}

/** A server of Debian's that tests run. */
export interface DebianTool extends TestTool {
  /**
   * Finds the server. On Debian as root, its packages are unpacked into the cache, because installing them would start
   * the server as a system service. Elsewhere it must be on the PATH.
   */
  ensure(): Promise<DebianProgram>;
}

/**
 * @param name the program's name
 * @param path the program's path in its package
 * @param packages the program's package and its libraries, except libc6, so that it also runs on later releases
 * @param reason why tests need it
 */
export function debianTool(
  name: string,
  path: string,
  packages: string[],
  reason: string,
): DebianTool {
  const root = join(cache, `${name}-${release}`);
  return {
    name,
    source: sources.unpacked,
    reason,
    isReady: () => existsSync(root),
    async ensure() {
      if (canInstall() && !existsSync(root))
        await step(`${name}, ${reason}`, async () => {
          await unpack(packages, `${root}.new`);
          renameSync(`${root}.new`, root); // only a complete folder counts
        });
      if (existsSync(root)) {
        const architecture =
          process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        const libraries = ["usr/lib", "lib"].map((folder) =>
          join(root, folder, architecture),
        );
        return {
          program: join(root, path),
          LD_LIBRARY_PATH: libraries.join(":"),
        };
      }
      if (await succeeds(name, ["-V"]))
        return { program: name, LD_LIBRARY_PATH: "" };
      throw new Error(`${name} is not on the PATH. Install it: ${reason}.`);
    },
  };
}

/** Downloads and unpacks exactly these packages. */
async function unpack(packages: string[], root: string): Promise<void> {
  const apt = `${root}.apt`;
  rmSync(apt, { recursive: true, force: true });
  for (const folder of ["state/lists/partial", "cache/archives/partial", "etc"])
    mkdirSync(join(apt, folder), { recursive: true });
  writeFileSync(
    join(apt, "etc/debian.sources"),
    sourcesFile(await packageSources(release)),
  );
  writeFileSync(join(apt, "state/status"), "");
  // The machine's own package lists are neither read nor written.
  const options = [
    `Dir::State=${apt}/state`,
    `Dir::State::status=${apt}/state/status`,
    `Dir::Cache=${apt}/cache`,
    `Dir::Etc::sourcelist=${apt}/etc/debian.sources`,
    `Dir::Etc::sourceparts=${apt}/etc/none`,
    `Dir::Etc::preferencesparts=${apt}/etc/none`,
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const downloads = join(apt, "packages");
  mkdirSync(downloads);
  await run("apt-get", [...options, "update", "-q"], { log: "apt" });
  await run("apt-get", [...options, "download", "-q", ...packages], {
    cwd: downloads,
    log: "apt",
  });
  mkdirSync(root, { recursive: true });
  for (const file of readdirSync(downloads).sort())
    await run("dpkg-deb", ["-x", join(downloads, file), root]);
  rmSync(apt, { recursive: true });
}
