import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join } from "node:path";
import { context, registry } from "./cluster/addresses.ts";
import { kubeconfig } from "./cluster/kubeconfig.ts";
import { enginePlatform } from "./docker-platform.ts";
import { bundleDockerProvider } from "./docker-provider/index.ts";
import { cache, ownPath, project, run } from "./host.ts";
import { end, type Process, processes } from "./processes.ts";
import { say, step } from "./progress.ts";
import { stackContext } from "./stack-config.ts";
import { removeStaleLocks } from "./stack-locks.ts";
import { backend } from "./stacks.ts";
import {
  bin,
  ensurePrograms,
  provider,
  versions,
  type Wanted,
} from "./toolchain/index.ts";

const home = join(cache, "pulumi-home");

/** Returns the variables that make plain `pulumi` and `kubectl` work on stack dev's cluster: `npm run env` prints them. */
export const variables = async (): Promise<Record<string, string>> => ({
  ...programVariables(),
  ...(isLocal()
    ? {
        ...backendVariables,
        KUBECONFIG: kubeconfig,
        MARQUEE_REGISTRY: registry,
        MARQUEE_PLATFORM: await enginePlatform(),
      }
    : {
        ...backendVariables,
        ...(hasOwnBackend() ? ownBackendVariables() : {}),
      }),
});

/** Whether stack dev is configured for the local cluster. */
export const isLocal = (): boolean => stackContext() === context;

/** Stacks on other clusters may be kept in the person's own backend. */
export const hasOwnBackend = (): boolean =>
  !["", backendVariables.PULUMI_BACKEND_URL].includes(
    process.env.PULUMI_BACKEND_URL ?? "",
  );

const backendVariables = {
  PULUMI_BACKEND_URL: `file://${backend}`,
  PULUMI_CONFIG_PASSPHRASE: "",
};

/** The passphrase of Pulumi.dev.yaml is empty, unless its owner has changed that. */
const ownBackendVariables = () => ({
  PULUMI_BACKEND_URL: process.env.PULUMI_BACKEND_URL ?? "",
  PULUMI_CONFIG_PASSPHRASE: process.env.PULUMI_CONFIG_PASSPHRASE ?? "",
});

const programVariables = () => ({
  PATH: [
    bin,
    join(project, "node_modules/.bin"), // Node.js as the lockfile pins it
    ...(process.env.PATH ?? "")
      .split(delimiter)
      .filter((folder) => folder !== bin && !ofNpm(folder)),
  ].join(delimiter),
  PULUMI_HOME: home,
  PULUMI_SKIP_UPDATE_CHECK: "true",
  NODE_COMPILE_CACHE: join(cache, "node-compile"), // a quarter off each preview
});

/** Folders that npm puts in front of the PATH while it runs a script. */
const ofNpm = (folder: string) =>
  /\/node_modules\/\.bin$|\/node-gyp-bin$/.test(folder);

/** Runs pulumi with this environment's variables. */
export const pulumi = async (args: string[]): Promise<string> =>
  run("pulumi", [...args, "--non-interactive"], {
    env: { ...process.env, ...(await variables()) },
    log: "pulumi",
  });

/**
 * Makes sure that Pulumi and its plugins are here. First choice: `pulumi` on the PATH, and plugins that it downloads;
 * where there is none, or its site can't be reached, programs built from Go modules and the stand-in for the Docker provider.
 * @param own whether the person has a Pulumi that can run this program
 * @param build which other programs are compiled at the same time
 */
export async function ensurePulumi(
  own: boolean,
  build: Pick<Wanted, "cluster" | "kubectl">,
): Promise<void> {
  mkdirSync(backend, { recursive: true });
  const online = own && (await vendorAnswers());
  const { kubernetesProvider, dockerProvider } = versions;
  const official = {
    kubernetes:
      online && (await installOfficial("kubernetes", kubernetesProvider)),
    docker: online && (await installOfficial("docker", dockerProvider)),
  };
  await ensurePrograms({ ...build, cli: !own, provider: !official.kubernetes });
  if (!official.kubernetes)
    await installBuilt("kubernetes", kubernetesProvider, provider);
  if (!official.docker)
    await installBuilt("docker", dockerProvider, await bundleDockerProvider());
}

/** Whether the person has a Pulumi that can run this program. */
export async function ownPulumi(): Promise<boolean> {
  const version = await run("pulumi", ["version"], {
    env: {
      ...process.env,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PATH: ownPath(),
    },
  }).catch(() => undefined);
  const parts = version?.match(/^v3\.(\d+)\./);
  if (!parts) return false;
  const oldest = Number(versions.pulumi.split(".")[1]);
  if (Number(parts[1]) >= oldest) return true;
  say(
    `  pulumi ${version} on the PATH is older than ${versions.pulumi}, so it is not used here`,
  );
  return false;
}

const vendorAnswers = () =>
  fetch("https://get.pulumi.com/", {
    method: "HEAD",
    signal: AbortSignal.timeout(5_000),
  }).then(
    ({ ok }) => ok,
    () => false,
  );

const folderOf = (name: string, version: string) =>
  join(home, "plugins", `resource-${name}-v${version}`);

/** Has Pulumi download a plugin; false where it can't. */
async function installOfficial(
  name: string,
  version: string,
): Promise<boolean> {
  const folder = folderOf(name, version);
  if (existsSync(folder) && !existsSync(join(folder, "built-here")))
    return true;
  try {
    await step(`Pulumi's ${name} plugin ${version}`, () =>
      pulumi(["plugin", "install", "resource", name, version, "--reinstall"]),
    );
    return true;
  } catch {
    say("  it can't be downloaded here, so another is used");
    return false;
  }
}

/** Installs a plugin from a file or folder of ours, unless the very same is installed. */
async function installBuilt(
  name: string,
  version: string,
  source: string,
): Promise<void> {
  const folder = folderOf(name, version);
  const mark = join(folder, "built-here");
  if (existsSync(mark) && readFileSync(mark, "utf8") === source) return;
  await step(
    name === "docker"
      ? `Pulumi's docker plugin ${version}: our stand-in, as the official one can't be downloaded here`
      : `Pulumi's ${name} plugin ${version}, built here`,
    async () => {
      rmSync(folder, { recursive: true, force: true });
      await pulumi([
        ...["plugin", "install", "resource", name, version],
        ...["--reinstall", "--file", source],
      ]);
      writeFileSync(mark, source);
    },
  );
}

/**
 * Prepares stack dev for an update. A run that was killed leaves its lock, and operations whose result is unknown: the
 * lock of a process that has ended is removed, and the result of its operations is looked up in the cluster.
 */
export async function prepareStack(): Promise<void> {
  // staging too, so that `pulumi stack select staging` finds it; not prod, whose secrets are its owner's matter.
  const stacks = join(backend, ".pulumi/stacks/marquee");
  if (isLocal() && !existsSync(join(stacks, "staging.json")))
    await pulumi(["stack", "select", "--create", "staging"]);
  await pulumi(["stack", "select", "--create", "dev"]);
  if (!removeStaleLocks(backend)) return;
  say(
    "  an earlier `pulumi up` was killed: looking up the result of its operations",
  );
  await pulumi([
    ...["refresh", "--stack", "dev", "--yes", "--skip-preview"],
    "--clear-pending-creates",
  ]);
}

/** Ends plugins whose pulumi was killed: they would wait for it for a while. */
export function endOrphanedPlugins(): void {
  for (const pid of orphanedPlugins(processes())) end(pid);
}

/** Returns the ids of plugins whose parent isn't pulumi. */
export const orphanedPlugins = (all: Process[], folder = cache): number[] =>
  all
    .filter(
      ({ parent, command }) =>
        command.includes(`${folder}/`) &&
        /\/pulumi-|plugin\.cjs/.test(command) &&
        !all.some(
          ({ pid, command }) => pid === parent && command.includes("pulumi"),
        ),
    )
    .map(({ pid }) => pid);
