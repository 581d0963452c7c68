import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { compile } from "./compile.ts";

/** The Docker context of a service's image, relative to the project. */
export const contextOf = (service: string) => `build/${service}`;

const dockerfileOf = (project: string) => join(project, "services/Dockerfile");

/**
 * Creates each service's Docker context: the Dockerfile, and `app/` with the program in one file, its source map,
 * assets, migrations and browser scripts. The same sources give the same bytes and modes in every clone and on every
 * machine, so that an image's digest changes with its content alone.
 * @param services folders below services/, each with a server.ts and optionally assets/, migrations/ and browser/
 * @returns a hash of each context's content, by service
 * @throws pulumi.RunError with every error in the sources
 */
export async function bundle(
  services: readonly string[],
  project: string = process.cwd(),
): Promise<Record<string, string>> {
  if (services.length === 0) return {};
  if (!existsSync(dockerfileOf(project)))
    throw new pulumi.RunError(
      "services/Dockerfile is missing, so no image can be built. `git checkout services/Dockerfile` brings it back.",
    );
  // Built beside the contexts, at the same depth, and moved only over those that differ: another pulumi may be reading
  // them.
  const fresh = `build-${process.pid}`;
  try {
    await bundleInto(fresh, services, project);
    const hashes = services.map((service) => [
      service,
      hashOf(join(project, fresh, service)),
    ]);
    for (const service of services)
      replace(join(project, contextOf(service)), join(project, fresh, service));
    return Object.fromEntries(hashes);
  } finally {
    rmSync(join(project, fresh), { recursive: true, force: true });
  }
}

async function bundleInto(
  fresh: string,
  services: readonly string[],
  project: string,
): Promise<void> {
  await compile(fresh, services, project);
  for (const service of services) {
    const context = join(project, fresh, service);
    for (const beside of ["assets", "migrations"]) {
      const folder = join(project, "services", service, beside);
      for (const [file, content] of contentsOf(folder))
        put(join(context, "app", beside, file), content);
    }
    put(join(context, "Dockerfile"), readFileSync(dockerfileOf(project)));
    normalizeModesAndTimes(context);
  }
}

/** Writes a file. Text gets LF line ends in every clone, as programs and scripts do from esbuild. */
function put(path: string, content: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    content.includes("\r\n") && isText(content)
      ? content.toString().replaceAll("\r\n", "\n")
      : content,
  );
}

/** Git treats a file without NUL as text. A small binary file may have none, but is hardly ever valid UTF-8. */
const isText = (content: Buffer) => !content.includes(0) && isUtf8(content);

/** SHA-256 of every file's path and content, in hexadecimal. Modes are normalized. */
function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const [file, content] of contentsOf(folder))
    hash.update(`${file}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}

/** Replaces a folder by a fresh one, unless both have the same files. */
function replace(old: string, fresh: string): void {
  if (hasSameFiles(old, fresh)) return;
  mkdirSync(dirname(old), { recursive: true });
  for (;;) {
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(fresh, old);
      return;
    } catch (error) {
      // Another pulumi in this clone has just put its own there.
      const { code = "" } = error as NodeJS.ErrnoException;
      if (!["ENOTEMPTY", "EEXIST"].includes(code)) throw error;
    }
  }
}

function hasSameFiles(old: string, fresh: string): boolean {
  try {
    return isDeepStrictEqual(contentsOf(old), contentsOf(fresh));
  } catch (error) {
    // Another pulumi in this clone is replacing the old folder.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Every file below a folder: its content and its path, with slashes on every system. */
function contentsOf(folder: string): [path: string, content: Buffer][] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => file.replaceAll(sep, "/"))
    .sort()
    .map((file) => [file, readFileSync(join(folder, file))]);
}

/** Sets modes and times, which differ between machines and clones. */
function normalizeModesAndTimes(folder: string): void {
  for (const entry of readdirSync(folder, {
    recursive: true,
    withFileTypes: true,
  })) {
    const path = join(entry.parentPath, entry.name);
    chmodSync(path, entry.isDirectory() ? 0o755 : 0o644);
    lutimesSync(path, 0, 0);
  }
  chmodSync(folder, 0o755);
}
