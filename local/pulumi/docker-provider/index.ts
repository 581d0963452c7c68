import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { contentKey } from "../../content-key.ts";
import { cache, project } from "../../environment.ts";

/**
 * Bundles the stand-in plugin into a folder in the cache that is named by its content; returns the folder to install.
 */
export async function bundleDockerProvider(): Promise<string> {
  const folder = join(
    cache,
    "docker-provider",
    contentKey([import.meta.dirname, join(project, "package-lock.json")]),
  );
  const program = join(folder, "plugin.cjs");
  if (existsSync(join(folder, "pulumi-resource-docker"))) return folder;
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: project,
    entryPoints: [join(import.meta.dirname, "plugin.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    logLevel: "silent",
  });
  writeFileSync(
    join(folder, "pulumi-resource-docker"),
    '#!/bin/sh\nexec node "$(dirname "$0")/plugin.cjs" "$@"\n',
    { mode: 0o755 },
  );
  return folder;
}
