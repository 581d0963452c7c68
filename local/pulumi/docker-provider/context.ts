import { createHash } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from "node:fs";
import { isAbsolute, join } from "node:path";
import { type IgnorePattern, ignorePatterns, match } from "./ignore.ts";

/**
 * Hashes the inputs of a build: the Dockerfile, and path, mode and content of each file in the context that
 * .dockerignore doesn't exclude. Equals the official provider's digest, so that each plugin sees the other's images as
 * unchanged.
 */
export function contextDigest(context: string, dockerfile: string): string {
  const hash = createHash("sha256");
  const add = (path: string, mode: string, content: string | Buffer) =>
    hash
      .update(path + mode)
      .update(createHash("sha256").update(content).digest())
      .update("\0");
  add("Dockerfile", "----------", readFileSync(dockerfile));
  for (const file of files(context, ignorePatterns(context, dockerfile)))
    add(file.path, modeString(file.stats), file.content);
  return hash.digest("hex");
}

interface ContextFile {
  path: string;
  stats: Stats;
  content: string | Buffer;
}

/** Lists the files in a folder of the context, depth first, with each folder sorted by the names' bytes. */
function* files(
  context: string,
  patterns: IgnorePattern[],
  folder = "",
  parent: boolean[] = [],
): Generator<ContextFile> {
  const names = readdirSync(join(context, folder)).sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  const hasExceptions = patterns.some(({ exception }) => exception);
  for (const name of names) {
    const path = join(folder, name);
    const { ignored, matches } = match(patterns, path, parent);
    if (ignored && !hasExceptions) continue;
    const stats = lstatSync(join(context, path));
    if (stats.isDirectory()) yield* files(context, patterns, path, matches);
    if (ignored || stats.isDirectory()) continue;
    const content = contentOf(join(context, path), stats);
    // The official provider skips the rest of a folder after a link whose target is missing.
    if (content === undefined) return;
    yield { path, stats, content };
  }
}

/** Returns a file's content, a link's target (undefined if it is missing), or "" for a pipe, socket or device. */
function contentOf(path: string, stats: Stats): string | Buffer | undefined {
  if (stats.isSymbolicLink()) return targetOf(path);
  return stats.isFile() ? readFileSync(path) : "";
}

/** Follows links as Go's filepath.EvalSymlinks does: unlike realpath(3), a relative path stays relative. */
function targetOf(path: string): string | undefined {
  let target = isAbsolute(path) ? "/" : "";
  let links = 0;
  const parts = path.split("/");
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const next = join(target, part);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (!stats) return undefined;
    if (!stats.isSymbolicLink()) {
      if (!stats.isDirectory() && parts.length > 0) return undefined;
      target = next;
      continue;
    }
    if (++links > 255) throw new Error(`${path} is a circular link; delete it`);
    const link = readlinkSync(next);
    parts.unshift(...link.split("/"));
    if (isAbsolute(link)) target = "/";
  }
  return target;
}

/** Formats a file's mode like Go's fs.FileMode.String, such as `-rw-r--r--` or `Lrwxrwxrwx`. */
function modeString(stats: Stats): string {
  const flags = [
    stats.isSymbolicLink() && "L",
    (stats.isBlockDevice() || stats.isCharacterDevice()) && "D",
    stats.isFIFO() && "p",
    stats.mode & 0o4000 && "u",
    stats.mode & 0o2000 && "g",
    stats.isCharacterDevice() && "c",
    stats.mode & 0o1000 && "t",
  ];
  const permissions = [..."rwxrwxrwx"].map((letter, index) =>
    stats.mode & (0o400 >> index) ? letter : "-",
  );
  return (flags.filter(Boolean).join("") || "-") + permissions.join("");
}
