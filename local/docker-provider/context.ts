import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A hash of what an image is built from: the Dockerfile, and every file in the context with its path and mode.
 * A .dockerignore is not read: a change to a file that it names makes a build, which makes the same image.
 */
export function contextDigest(context: string, dockerfile: string): string {
  const hash = createHash("sha256").update(readFileSync(dockerfile));
  const files = readdirSync(context, { recursive: true, encoding: "utf8" });
  for (const file of files.sort()) {
    const path = join(context, file);
    const info = statSync(path);
    if (!info.isFile()) continue;
    hash
      .update(`\0${file}\0${(info.mode & 0o7777).toString(8)}\0`)
      .update(readFileSync(path));
  }
  return hash.digest("hex");
}
