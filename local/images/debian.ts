import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import { imageExists, imagePlatform } from "../docker/images.ts";
import { enginePlatform } from "../docker/platform.ts";
import { cache } from "../environment.ts";
import { CommandError, run, succeeds } from "../host/command.ts";
import {
  canInstall,
  install,
  type PackageSource,
  packageSources,
} from "../host/debian-packages.ts";
import { withLock } from "../host/lock.ts";
import { say, step } from "../progress.ts";
import { UserError } from "../user-error.ts";

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
  await withLock(
    {
      file: "debian-image.lock",
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
  const platform = await enginePlatform();
  // Docker may have the image for another platform, such as on a Mac where somebody builds images for servers.
  if ((await imagePlatform(officialImage)) !== platform)
    await run(
      "docker",
      ["pull", "--quiet", "--platform", platform, officialImage],
      { log: "docker" },
    );
  await run("docker", ["tag", officialImage, debianImage]);
}

/** Docker's own words. */
function reason(error: Error): string {
  if (!(error instanceof CommandError)) throw error;
  return error.output.trim().split("\n").at(-1) ?? "";
}

/** The folders of the official image that have no files. */
const emptied = [
  ...["var/cache/apt", "var/lib/apt/lists"],
  ...["usr/share/doc", "usr/share/locale", "usr/share/man"],
];

async function makeFromPackages(
  report: (status: string) => void,
): Promise<void> {
  if (!(await succeeds("mmdebstrap", ["--version"])))
    await install(["mmdebstrap"], "it makes a file system of Debian");
  mkdirSync(cache, { recursive: true });
  const sources = await packageSources(release);
  const tls = sources.some(({ uri }) => uri.startsWith("https:"));
  // apt in the image works like apt here: the same mirror, proxy and authorities.
  const settings = join(cache, "debian-apt-settings");
  writeFileSync(
    settings,
    `Acquire::Languages "none";\n${acquireSettings(await run("apt-config", ["dump", "Acquire"]))}`,
  );
  const authorities = "/etc/ssl/certs/ca-certificates.crt";
  const archive = join(cache, "debian.tar");
  await run(
    "mmdebstrap",
    [
      // In namespaces of its own: a killed run leaves no mounts.
      ...["--mode=unshare", "--variant=apt"],
      // Or apt would choose the alternative, usrmerge, which needs all of perl.
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      "--include=usr-is-merged",
      ...(tls ? ["--include=ca-certificates"] : []),
      `--customize-hook=upload ${settings} /etc/apt/apt.conf.d/90-host`,
      ...(tls ? [`--customize-hook=upload ${authorities} ${authorities}`] : []),
      // The official image names it so, and Dockerfiles change it.
      '--customize-hook=mv "$1"/etc/apt/sources.list.d/*.sources "$1/etc/apt/sources.list.d/debian.sources"',
      // Package scripts start no services.
      '--customize-hook=printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"',
      ...emptied.map((folder) => `--customize-hook=rm -rf "$1/${folder}"`),
      ...[release, archive, "-"],
    ],
    { log: "debian-image", onLine: report, input: sourcesFile(sources) },
  );
  await run("docker", ["import", archive, debianImage], { log: "docker" });
  rmSync(archive);
  rmSync(settings);
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
