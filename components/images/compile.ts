import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { BuildFailure, BuildOptions, BuildResult } from "esbuild";

/** The outputs of the last run, and the record of what they were made from. */
const lastFolder = "build";
const recordFile = "compiled.json";

/** What a run compiled. All paths have slashes; all values are SHA-256 in hexadecimal. */
interface CompileRecord {
  /** The options of esbuild. */
  options: string;
  /** By path in the project. */
  inputs: Record<string, string>;
  /** By path in the output folder. */
  outputs: Record<string, string>;
}

/** Files that decide which file an import resolves to. */
const resolutionFiles = [
  "package.json",
  "tsconfig.json",
  "node_modules/.package-lock.json",
];

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
  const options = sha256(JSON.stringify(builds));
  const last = readRecord(project);
  if (last?.options === options && isCurrent(last, project)) {
    for (const path of Object.keys(last.outputs))
      write(
        join(project, outdir, path),
        readFileSync(join(project, lastFolder, path)),
      );
    return;
  }
  const metafiles = await runEsbuild(builds, outdir, project);
  const record = createRecord(options, metafiles, outdir, project);
  if (!record) return;
  const fresh = join(project, outdir, recordFile);
  write(fresh, JSON.stringify(record));
  mkdirSync(join(project, lastFolder), { recursive: true });
  renameSync(fresh, join(project, lastFolder, recordFile));
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

type Metafile = NonNullable<BuildResult["metafile"]>;

async function runEsbuild(
  builds: BuildOptions[],
  outdir: string,
  project: string,
): Promise<Metafile[]> {
  const { build, formatMessages } = await import("esbuild");
  const place = { absWorkingDir: project, outdir: join(project, outdir) };
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
    end.status === "fulfilled" ? [end.value.metafile as Metafile] : [],
  );
}

/** @returns undefined if an input is no file of the project or its modules, so that a change could not be noticed */
function createRecord(
  options: string,
  metafiles: Metafile[],
  outdir: string,
  project: string,
): CompileRecord | undefined {
  const inputs = hashFiles(
    [
      ...metafiles.flatMap((metafile) => Object.keys(metafile.inputs)),
      ...resolutionFiles,
      ...workspaceManifests(project),
    ],
    project,
  );
  const outputs = hashFiles(
    metafiles
      .flatMap((metafile) => Object.keys(metafile.outputs))
      .map((path) => path.slice(`${outdir}/`.length)),
    join(project, outdir),
  );
  return inputs && outputs && { options, inputs, outputs };
}

/** The manifests of services and packages, whose `exports` decide what an import resolves to. */
const workspaceManifests = (project: string) =>
  ["services", "packages"].flatMap((folder) =>
    existsSync(join(project, folder))
      ? readdirSync(join(project, folder))
          .map((name) => `${folder}/${name}/package.json`)
          .filter((path) => existsSync(join(project, path)))
      : [],
  );

function isCurrent(record: CompileRecord, project: string): boolean {
  const isSame = (hashes: Record<string, string>, folder: string) =>
    Object.entries(hashes).every(
      ([path, hash]) => hashFile(join(folder, path)) === hash,
    );
  return (
    isSame(record.inputs, project) &&
    isSame(record.outputs, join(project, lastFolder))
  );
}

function readRecord(project: string): CompileRecord | undefined {
  try {
    return JSON.parse(
      readFileSync(join(project, lastFolder, recordFile), "utf8"),
    );
  } catch {
    return undefined;
  }
}

/** SHA-256 by path; undefined if one of the files can't be read. */
function hashFiles(
  paths: string[],
  folder: string,
): Record<string, string> | undefined {
  const hashes: Record<string, string> = {};
  for (const path of paths) {
    const hash = hashFile(join(folder, path));
    if (hash === undefined) return undefined;
    hashes[path] = hash;
  }
  return hashes;
}

function hashFile(path: string): string | undefined {
  try {
    return sha256(readFileSync(path));
  } catch {
    return undefined;
  }
}

const sha256 = (content: Buffer | string) =>
  createHash("sha256").update(content).digest("hex");

function write(path: string, content: Buffer | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
