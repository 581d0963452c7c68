import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { contentKey } from "./content-key.ts";
import {
  canInstall,
  install,
  type PackageSource,
  packageSources,
} from "./debian.ts";
import { imageExists } from "./docker-image.ts";
import { CommandError, cache, run, succeeds } from "./host.ts";
import { end, processes } from "./processes.ts";
import { say, step } from "./progress.ts";
import { inTurn } from "./turn.ts";
import { UserError } from "./user-error.ts";

const release = "bookworm";

/** Docker's official image of Debian. */
const officialImage = `debian:${release}-slim`;

/** The image that all Dockerfiles in local/ build on: the official one, or one that was made here. */
export const debianImage = `marquee/debian:${release}-${contentKey([import.meta.filename]).slice(0, 8)}`;

const title = `Debian ${release} as a Docker image`;

/**
 * Pulls the image, unless Docker has it.
 * @returns why Docker can't pull it; undefined if Docker has it
 */
export async function pullDebianImage(): Promise<string | undefined> {
  if (await imageExists(debianImage)) return undefined;
  return step(title, pull).then(() => undefined, reason);
}

/**
 * Makes sure that Docker has the image. Where it can't be pulled, it is made from Debian packages, as root on Debian.
 * @throws UserError if it can be neither pulled nor made
 */
export async function ensureDebianImage(): Promise<void> {
  if (await imageExists(debianImage)) return;
  await inTurn(
    {
      lock: "debian-image.lock",
      holder: "another process that makes the image of Debian",
    },
    async () => {
      if (await imageExists(debianImage)) return;
      await step(title, async (report) => {
        const failure = await pull().then(() => undefined, reason);
        if (failure === undefined) return;
        if (!canInstall()) throw new UserError(cannotPull(failure));
        say(
          `  ${officialImage} can't be pulled, so the image is made from packages: ${failure}`,
        );
        await makeFromPackages(report);
      });
    },
  );
}

/** Says what to do if the image can't be pulled. */
export const cannotPull = (failure: string) =>
  `The local cluster's images are built on ${officialImage}, and Docker can't pull it: ${failure}. ` +
  `Pull it from a registry that you can reach and \`docker tag\` it ${officialImage}, or run this as root on Debian, where it is made from packages.`;

async function pull(): Promise<void> {
  if (!(await imageExists(officialImage)))
    await run("docker", ["pull", "--quiet", officialImage], { log: "docker" });
  await run("docker", ["tag", officialImage, debianImage]);
}

/** Docker's own words. */
function reason(error: Error): string {
  if (!(error instanceof CommandError)) throw error;
  return error.output.trim().split("\n").at(-1) ?? "";
}

async function makeFromPackages(
  report: (status: string) => void,
): Promise<void> {
  if (!(await succeeds("debootstrap", ["--version"])))
    await install(["debootstrap"], "it makes a file system of Debian");
  const root = join(cache, "debian-root");
  await removeFileSystem(root);
  mkdirSync(cache, { recursive: true });
  const sources = await packageSources(release);
  const tls = sources.some(({ uri }) => uri.startsWith("https:"));
  await run(
    "debootstrap",
    [
      "--variant=minbase",
      ...(tls ? ["--include=ca-certificates"] : []),
      ...[release, root, (sources[0] as PackageSource).uri],
    ],
    { log: "debian-image", onLine: report },
  );
  // Like the official image: no documentation, and package scripts start no services.
  for (const unused of [
    ...["var/cache/apt", "var/lib/apt/lists"],
    ...["usr/share/doc", "usr/share/locale", "usr/share/man"],
    "etc/apt/sources.list",
  ])
    rmSync(join(root, unused), { recursive: true, force: true });
  writeFileSync(join(root, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", {
    mode: 0o755,
  });
  // apt in the image works like apt here: the same mirror, proxy and authorities.
  writeFileSync(
    join(root, "etc/apt/sources.list.d/debian.sources"),
    sourcesFile(sources),
  );
  writeFileSync(
    join(root, "etc/apt/apt.conf.d/90-host"),
    `Acquire::Languages "none";\n${acquireSettings(await run("apt-config", ["dump", "Acquire"]))}`,
  );
  const authorities = "etc/ssl/certs/ca-certificates.crt";
  if (tls) copyFileSync(`/${authorities}`, join(root, authorities));

  const archive = `${root}.tar`;
  await run("tar", [
    ...["--create", "--file", archive, "--numeric-owner"],
    ...["-C", root, "."],
  ]);
  await run("docker", ["import", archive, debianImage], { log: "docker" });
  rmSync(archive);
  rmSync(root, { recursive: true });
}

/** Package sources in apt's deb822 format. */
export const sourcesFile = (sources: PackageSource[]): string =>
  sources
    .map(
      ({ uri, suite }) => `Types: deb
URIs: ${uri}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
    )
    .join("\n");

/**
 * Selects the settings of downloads (proxies, time limits, checks of dates) from `apt-config dump`. Those that name a
 * file of this machine are left out.
 */
export const acquireSettings = (dump: string): string =>
  dump
    .split("\n")
    .filter(
      (line) =>
        /^Acquire::(https?::|Check-|Retries |ForceIPv)/.test(line) &&
        !/ "(\/.*)?";$/.test(line),
    )
    .map((line) => `${line}\n`)
    .join("");

/**
 * Removes the file system of an interrupted debootstrap, which may still run and have this machine's /proc and /sys mounted
 * in it.
 */
async function removeFileSystem(root: string): Promise<void> {
  for (const { pid, command } of processes())
    if (command.includes(root)) end(pid);
  const mounts = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mount) => mount.startsWith(`${root}/`));
  for (const mount of mounts.reverse()) await run("umount", [mount]);
  rmSync(root, { recursive: true, force: true });
}
