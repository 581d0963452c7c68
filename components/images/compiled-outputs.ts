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
import type { Metafile } from "esbuild";

/** The outputs of the last run, and the record of what they were made from. */
const lastFolder = "build";
const recordFile = "compiled.json";

/** What a run compiled. All paths have slashes; all values are SHA-256 in hexadecimal. */
interface CompileRecord {
  /** The options of esbuild, as JSON. */
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
 * Copies the outputs of the last run from build/ to `outdir` if it had the same options and inputs, and its outputs are
 * unchanged.
 * @param options of esbuild, as JSON
 * @param outdir a folder in the project
 * @returns whether it did
 */
export function reuseOutputs(
  options: string,
  outdir: string,
  project: string,
): boolean {
  const record = readRecord(project);
  if (record?.options !== sha256(options)) return false;
  for (const [path, hash] of Object.entries(record.inputs))
    if (hashFile(join(project, path)) !== hash) return false;
  const outputs: [path: string, content: Buffer][] = [];
  for (const [path, hash] of Object.entries(record.outputs)) {
    // Read once: another run may replace the file meanwhile.
    const content = read(join(project, lastFolder, path));
    if (!content || sha256(content) !== hash) return false;
    outputs.push([path, content]);
  }
  for (const [path, content] of outputs)
    write(join(project, outdir, path), content);
  return true;
}

/** A run of esbuild. */
export interface CompileRun {
  /** Its options, as JSON. */
  options: string;
  startedAtMs: number;
  metafiles: readonly Metafile[];
}

/**
 * Records a run, for the next one to reuse its outputs. Records nothing if an input is not a file in the project or its
 * modules, so that a change could not be noticed, or has changed since the start, so that esbuild may have read what it
 * was before.
 */
export function recordOutputs(
  { options, startedAtMs, metafiles }: CompileRun,
  outdir: string,
  project: string,
): void {
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
  if (!inputs || Object.keys(inputs).some(isNewer)) return;
  const outputs = hashFiles(
    metafiles
      .flatMap((metafile) => Object.keys(metafile.outputs))
      .map((path) => path.slice(`${outdir}/`.length)),
    join(project, outdir),
  );
  if (!outputs) return;
  const record: CompileRecord = { options: sha256(options), inputs, outputs };
  const fresh = join(project, outdir, recordFile);
  write(fresh, JSON.stringify(record));
  mkdirSync(join(project, lastFolder), { recursive: true });
  renameSync(fresh, join(project, lastFolder, recordFile));
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
