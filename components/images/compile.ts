import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { BuildFailure, BuildOptions, Metafile } from "esbuild";
import { recordOutputs, reuseOutputs } from "./compiled-outputs.ts";

/**
 * Bundles each service's program to `<service>/app/server.mjs` with its source map, and its browser scripts to
 * `<service>/app/browser/`, both in `outdir`. Copies the outputs of the last run from build/ if no source has changed
 * since: esbuild would take a third of a preview's time.
 * @param outdir a folder in the project
 * @throws pulumi.RunError with every error in the sources
 */
export async function compile(
  outdir: string,
  services: readonly string[],
  project: string,
): Promise<void> {
  const builds = buildOptions(services, project);
  const options = JSON.stringify(builds);
  if (reuseOutputs(options, outdir, project)) return;
  const startedAtMs = Date.now();
  const metafiles = await runEsbuild(builds, outdir, project);
  recordOutputs({ options, startedAtMs, metafiles }, outdir, project);
}

function buildOptions(
  services: readonly string[],
  project: string,
): BuildOptions[] {
  const common: BuildOptions = {
    bundle: true,
    format: "esm",
    legalComments: "none",
    logLevel: "silent",
  };
  return [
    {
      ...common,
      entryPoints: services.map((service) => ({
        in: `services/${service}/server.ts`,
        out: `${service}/app/server`,
      })),
      outExtension: { ".js": ".mjs" },
      platform: "node",
      target: "node24",
      // CommonJS packages in the bundle call require() for Node.js modules.
      banner: {
        js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
      // pg loads pg-native only on request, which Marquee never makes. A module of Node.js replaces it in the bundle.
      alias: { "pg-native": "node:module" },
      // Each start reads the whole file, so a smaller one starts faster. Stack traces use the source map.
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: "linked",
      sourcesContent: false,
    },
    {
      ...common,
      entryPoints: services.flatMap((service) => scriptsOf(service, project)),
      platform: "browser",
      target: "es2022",
      minify: true,
    },
  ];
}

/** A service's browser scripts: each file in its browser/. Modules that scripts share are in folders below. */
function scriptsOf(service: string, project: string) {
  const folder = `services/${service}/browser`;
  if (!existsSync(join(project, folder))) return [];
  return readdirSync(join(project, folder))
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map((file) => ({
      in: `${folder}/${file}`,
      out: `${service}/app/browser/${file.slice(0, -3)}`,
    }));
}

async function runEsbuild(
  builds: BuildOptions[],
  outdir: string,
  project: string,
): Promise<Metafile[]> {
  const { build, formatMessages } = await import("esbuild");
  const tsconfig = join(project, "tsconfig.json");
  const place = {
    absWorkingDir: project,
    outdir: join(project, outdir),
    // Otherwise esbuild reads the tsconfig.json nearest to each source.
    ...(existsSync(tsconfig) && { tsconfig }),
  };
  const ends = await Promise.allSettled(
    builds.map((options) => build({ ...options, ...place, metafile: true })),
  );
  const failures = ends.flatMap((end) =>
    end.status === "rejected" ? [end.reason as BuildFailure] : [],
  );
  if (failures[0]) {
    const errors = await formatMessages(
      failures.flatMap(({ errors }) => errors ?? []),
      { kind: "error" },
    );
    throw new pulumi.RunError(
      `The services can't be bundled, so nothing was built or changed:\n${errors.join("") || failures[0].message}`,
    );
  }
  return ends.flatMap((end) =>
    end.status === "fulfilled" ? [end.value.metafile] : [],
  );
}
