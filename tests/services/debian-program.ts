import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import * as debian from "../../local/debian.ts";
import { cache, succeeds } from "../../local/host.ts";
import { step } from "../../local/progress.ts";

const release = "bookworm";

/** A program that can be started. */
export interface DebianProgram {
  program: string;
  /** The search path of its shared libraries. */
  LD_LIBRARY_PATH: string;
}

/**
 * Finds a server that tests run. On Debian as root, its packages are unpacked into the cache, because installing them
 * would start the server as a system service. Elsewhere it has to be on the PATH.
 * @param name the program's name
 * @param path the program's path in its package
 * @param packages the program's package and its libraries, except libc6, so that it also runs on later releases
 * @param reason why tests need it
 */
export async function debianProgram(
  name: string,
  path: string,
  packages: string[],
  reason: string,
): Promise<DebianProgram> {
  const root = join(cache, `${name}-${release}`);
  if (debian.canInstall() && !existsSync(root))
    await step(`${name}, ${reason}`, async () => {
      await debian.unpack(release, packages, `${root}.new`);
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
}
