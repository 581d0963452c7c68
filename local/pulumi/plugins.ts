import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache } from "../environment.ts";
import { end, type Process, processes } from "../host/processes.ts";
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
