import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
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

/** How far the times of files may lag behind the clock: a tick of the kernel is at most 10 ms. */
const clockLagMs = 10;

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
  const reusable = reusableOutputs(options, project);
  if (reusable) {
    for (const [path, content] of reusable)
      write(join(project, outdir, path), content);
    return;
  }
  const startedAtMs = Date.now();
  const metafiles = await runEsbuild(builds, outdir, project);
  const record = createRecord(options, startedAtMs, metafiles, outdir, project);
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
    end.status === "fulfilled" ? [end.value.metafile as Metafile] : [],
  );
}

/**
 * @returns undefined if an input is not a file in the project or its modules, so that a change could not be noticed, or
 * has changed since the start, so that esbuild may have read what it was before
 */
function createRecord(
  options: string,
  startedAtMs: number,
  metafiles: Metafile[],
  outdir: string,
  project: string,
): CompileRecord | undefined {
  const sources = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const inputs = hashFiles(
    [
      ...sources,
      ...resolutionFiles,
      ...workspaceManifests(project),
      ...packageManifests(sources, project),
    ],
    project,
  );
  const isNewer = (path: string) =>
    statSync(join(project, path)).ctimeMs >= startedAtMs - clockLagMs;
  if (!inputs || Object.keys(inputs).some(isNewer)) return undefined;
  const outputs = hashFiles(
    metafiles
      .flatMap((metafile) => Object.keys(metafile.outputs))
      .map((path) => path.slice(`${outdir}/`.length)),
    join(project, outdir),
  );
  return outputs && { options, inputs, outputs };
}

/** The manifests of npm packages whose modules are bundled. */
function packageManifests(sources: string[], project: string): string[] {
  const folders = sources.flatMap(
    (path) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? [],
  );
  return [...new Set(folders)]
    .map((folder) => `${folder}/package.json`)
    .filter((path) => existsSync(join(project, path)));
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

/** The outputs of the last run by path, if it had the same options and inputs, and its outputs are unchanged. */
function reusableOutputs(
  options: string,
  project: string,
): [path: string, content: Buffer][] | undefined {
  const record = readRecord(project);
  if (record?.options !== options) return undefined;
  for (const [path, hash] of Object.entries(record.inputs))
    if (hashFile(join(project, path)) !== hash) return undefined;
  const outputs: [string, Buffer][] = [];
  for (const [path, hash] of Object.entries(record.outputs)) {
    // Read once: another run may replace the file meanwhile.
    const content = read(join(project, lastFolder, path));
    if (!content || sha256(content) !== hash) return undefined;
    outputs.push([path, content]);
  }
  return outputs;
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
  const content = read(path);
  return content && sha256(content);
}

/** @returns undefined if the file can't be read */
function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
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
