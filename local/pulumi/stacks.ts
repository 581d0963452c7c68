import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { context } from "../cluster/addresses.ts";
import { state } from "../environment.ts";

/** Where the stacks' state is: files, for this environment alone. */
export const backend = join(state, "pulumi");

interface Resource {
  type: string;
  inputs?: { context?: unknown };
}

/** Returns the kubeconfig context that a stack is deployed to; undefined if it has no resources. */
export function deployedContext(
  stack: string,
  folder = backend,
): string | undefined {
  const path = join(stackFolder(folder), `${stack}.json`);
  if (!existsSync(path)) return undefined;
  const context =
    readResources(path).find(isKubernetesProvider)?.inputs?.context;
  return typeof context === "string" ? context : undefined;
}

/**
 * Moves the state of the local cluster's stacks to a folder beside the backend. The cluster may still exist on another
 * Docker engine, and its stacks' state has generated keys. Stacks that run elsewhere stay.
 * @returns the folder; undefined if no stack had resources
 */
export function setStacksAside(
  folder = backend,
  now = new Date(),
): string | undefined {
  const { local, elsewhere } = readStacks(folder);
  const time = now.toISOString().slice(0, 19).replaceAll(":", "-");
  const aside = `${folder}.before-${time}`;
  const worthKeeping = local.some(({ resources }) => resources.length > 0);
  if (worthKeeping) {
    cpSync(folder, aside, { recursive: true });
    removeStacks(aside, elsewhere);
  }
  forgetStacks(folder);
  return worthKeeping ? aside : undefined;
}

/**
 * Forgets the stacks whose cluster is gone, and their resources with it. A stack that was deployed elsewhere from here
 * (with plain `pulumi up` and another context) is kept: nothing but its state knows what runs there.
 * @returns the names of those
 */
export function forgetStacks(folder = backend): string[] {
  const { local, elsewhere } = readStacks(folder);
  if (elsewhere.length === 0) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  } else removeStacks(folder, local);
  return elsewhere.map(({ name }) => name);
}

interface Stack {
  name: string;
  resources: Resource[];
}

function readStacks(folder: string): { local: Stack[]; elsewhere: Stack[] } {
  const stacks = stackFiles(folder)
    .filter(({ name }) => name.endsWith(".json"))
    .map(({ name, path }) => ({
      name: name.replace(/\.json$/, ""),
      resources: readResources(path),
    }));
  return {
    local: stacks.filter(({ resources }) => !runElsewhere(resources)),
    elsewhere: stacks.filter(({ resources }) => runElsewhere(resources)),
  };
}

const readResources = (file: string): Resource[] =>
  JSON.parse(readFileSync(file, "utf8")).checkpoint?.latest?.resources ?? [];

/** Whether resources are on a cluster other than the local one. */
const runElsewhere = (resources: Resource[]) =>
  resources.some(
    (resource) =>
      isKubernetesProvider(resource) && resource.inputs?.context !== context,
  );

const isKubernetesProvider = ({ type }: Resource) =>
  type === "pulumi:providers:kubernetes";

/** Removes the state of these stacks, with its backups. */
function removeStacks(folder: string, stacks: Stack[]): void {
  for (const { name, path } of stackFiles(folder))
    if (stacks.some((stack) => name.startsWith(`${stack.name}.json`)))
      rmSync(path);
}

const stackFolder = (folder: string) => join(folder, ".pulumi/stacks/marquee");

function stackFiles(folder: string): { name: string; path: string }[] {
  const stacks = stackFolder(folder);
  const names = existsSync(stacks) ? readdirSync(stacks) : [];
  return names.map((name) => ({ name, path: join(stacks, name) }));
}
