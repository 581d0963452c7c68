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

/** The folder of Pulumi's file backend. Each environment has its own. */
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
 * Moves the state of the local cluster's stacks to a folder beside the backend, because the cluster may still exist on
 * another Docker engine, and the state has generated keys. Stacks on other clusters stay.
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
 * Forgets the stacks of the removed local cluster. A stack that `pulumi up` deployed to another cluster stays, because
 * only its state knows the resources there.
 * @returns the names of the remaining stacks
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

/** Whether any resource is on another cluster than the local one. */
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
