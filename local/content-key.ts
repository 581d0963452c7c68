import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Returns a short hash of the content of files, and of all files in folders, recursively. */
export function contentKey(paths: string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" }).sort()
      : [""];
    for (const file of files) {
      const content = join(path, file);
      if (statSync(content).isFile())
        hash.update(`${file}\0`).update(readFileSync(content)).update("\0");
    }
  }
  return hash.digest("hex").slice(0, 16);
}
