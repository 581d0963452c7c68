import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache } from "../environment.ts";
import type { Process } from "../host/process.ts";
import { processes, terminate } from "../host/processes.ts";
import { say, step } from "../progress.ts";
import {
  ensurePrograms,
  provider,
  versions,
  type Wanted,
} from "../toolchain/index.ts";
import { pulumi } from "./cli.ts";
import { bundleDockerProvider } from "./docker-provider/index.ts";
import { backend } from "./stacks.ts";
import { pulumiHome } from "./variables.ts";

/**
 * Makes sure that Pulumi and its plugins are installed. Prefers `pulumi` on the PATH and the plugins that it downloads.
 * Without it or without access to Pulumi's site, builds Pulumi and the Kubernetes provider from Go modules, and uses
 * the stand-in for the Docker provider.
 * @param own whether the user's own Pulumi can run this program
 * @param build other programs to compile at the same time
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

const vendorAnswers = () =>
  fetch("https://get.pulumi.com/", {
    method: "HEAD",
    signal: AbortSignal.timeout(5_000),
  }).then(
    ({ ok }) => ok,
    () => false,
  );

const folderOf = (name: string, version: string) =>
  join(pulumiHome, "plugins", `resource-${name}-v${version}`);

/** Lets Pulumi download a plugin. Returns whether it could. */
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
    say("  it can't be downloaded here, so a locally built one is used");
    return false;
  }
}

/** Installs a plugin that was built here from a file or folder, unless it is installed. */
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

/** Terminates plugins whose pulumi was killed. They would run on for a while. */
export function terminateOrphanedPlugins(): void {
  for (const pid of orphanedPlugins(processes())) terminate(pid);
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
