import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { type BuildFailure, build, formatMessages } from "esbuild"; // the bundler that Node's own tools are built with; 50 ms

/** The folder a service's image is built from, below the project's own and as Docker is told it. */
export const contextOf = (service: string) => `build/${service}`;

/**
 * Makes each service's Docker context: `app/` with the program in one file, its source map and its assets, and the
 * Dockerfile. The same sources make the same bytes and modes, in every clone and on every machine, so that an image's
 * digest changes with its content alone.
 * @param services folders below services/, each with a server.ts and maybe assets/
 * @throws pulumi.RunError with every error in the sources
 */
export async function bundle(
  services: readonly string[],
  project: string = process.cwd(),
): Promise<void> {
  if (services.length === 0) return;
  const dockerfile = join(project, "services/Dockerfile");
  if (!existsSync(dockerfile))
    throw new pulumi.RunError(
      "services/Dockerfile is missing, so no image can be built. `git checkout services/Dockerfile` brings it back.",
    );
  for (const service of services)
    rmSync(join(project, contextOf(service)), { recursive: true, force: true });
  await build({
    absWorkingDir: project,
    entryPoints: services.map((service) => ({
      in: `services/${service}/server.ts`,
      out: `${service}/app/server`,
    })),
    outdir: "build",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // CommonJS packages in the bundle call require() for Node's own modules.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    // The base image is a hundred times larger, but each start reads this file whole. Stack traces go by the source map.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    logLevel: "silent",
  }).catch(async (failure: BuildFailure) => {
    const errors = await formatMessages(failure.errors ?? [], {
      kind: "error",
    });
    throw new pulumi.RunError(
      `The services can't be bundled, so nothing was built or changed:\n${errors.join("") || failure.message}`,
    );
  });
  for (const service of services) {
    const context = join(project, contextOf(service));
    const assets = join(project, "services", service, "assets");
    if (existsSync(assets))
      cpSync(assets, join(context, "app/assets"), { recursive: true });
    cpSync(dockerfile, join(context, "Dockerfile"));
    settle(context);
  }
}

/** Sets what differs between machines and clones: modes (umask) and times. */
function settle(folder: string): void {
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
