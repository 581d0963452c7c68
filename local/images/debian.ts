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

/** The base of all images in local/: the official image, or one that was built here from packages. */
export const debianImage = `marquee/debian:${release}-${contentKey([import.meta.filename]).slice(0, 8)}`;

const title = `Debian ${release} as a Docker image`;

/**
 * Pulls the image, unless Docker has it.
 * @returns Docker's error if it can't be pulled
 */
export async function pullDebianImage(): Promise<string | undefined> {
  if (await imageExists(debianImage)) return undefined;
  return step(title, pull).then(() => undefined, reason);
}

/**
 * Makes sure that Docker has the image. As root on Debian, builds it from packages if it can't be pulled.
 * @throws UserError if it can be neither pulled nor built
 */
export async function ensureDebianImage(): Promise<void> {
  if (await imageExists(debianImage)) return;
  await withLock(
    {
      file: "debian-image.lock",
      holder: "another process that builds the Debian image",
    },
    async () => {
      if (await imageExists(debianImage)) return;
      await step(title, async (report) => {
        const failure = await pull().then(() => undefined, reason);
        if (failure === undefined) return;
        if (!canInstall()) throw new UserError(cannotPull(failure));
        say(
          `  ${officialImage} can't be pulled, so the image is built from packages: ${failure}`,
        );
        await makeFromPackages(report);
      });
    },
  );
}

/** The message if the image can't be pulled. */
export const cannotPull = (failure: string) =>
  `The local cluster's images are built on ${officialImage}, and Docker can't pull it: ${failure}. ` +
  `Pull it from a registry that you can reach and \`docker tag\` it ${officialImage}, or run this as root on Debian, where it is built from packages.`;

async function pull(): Promise<void> {
  const platform = await enginePlatform();
  // Docker may have the image for another platform, such as on a Mac that builds images for servers.
  if ((await imagePlatform(officialImage)) !== platform)
    await run(
      "docker",
      ["pull", "--quiet", "--platform", platform, officialImage],
      { log: "docker" },
    );
  await run("docker", ["tag", officialImage, debianImage]);
}

/** The last line of Docker's output. */
function reason(error: Error): string {
  if (!(error instanceof CommandError)) throw error;
  return error.output.trim().split("\n").at(-1) ?? "";
}

/** Folders that are empty in the official image. */
const emptyFolders = [
  ...["var/cache/apt", "var/lib/apt/lists"],
  ...["usr/share/doc", "usr/share/locale", "usr/share/man"],
];

async function makeFromPackages(
  report: (status: string) => void,
): Promise<void> {
  if (!(await succeeds("mmdebstrap", ["--version"])))
    await install(["mmdebstrap"], "it creates a Debian file system");
  mkdirSync(cache, { recursive: true });
  const sources = await packageSources(release);
  const tls = sources.some(({ uri }) => uri.startsWith("https:"));
  // apt in the image uses this machine's mirror, proxy and certificate authorities.
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
      // In its own namespaces, so that a killed run leaves no mounts.
      ...["--mode=unshare", "--variant=apt"],
      // Otherwise apt would choose the alternative package usrmerge, which depends on perl.
      "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
      "--include=usr-is-merged",
      ...(tls ? ["--include=ca-certificates"] : []),
      `--customize-hook=upload ${settings} /etc/apt/apt.conf.d/90-host`,
      ...(tls ? [`--customize-hook=upload ${authorities} ${authorities}`] : []),
      // The name in the official image, which Dockerfiles edit.
      '--customize-hook=mv "$1"/etc/apt/sources.list.d/*.sources "$1/etc/apt/sources.list.d/debian.sources"',
      // Prevents package scripts from starting services.
      '--customize-hook=printf "#!/bin/sh\\nexit 101\\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"',
      ...emptyFolders.map((folder) => `--customize-hook=rm -rf "$1/${folder}"`),
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
 * Selects download settings (proxies, timeouts, date checks) from the output of `apt-config dump`. Omits settings that
 * name a file on this machine.
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
