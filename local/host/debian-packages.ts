import { existsSync, readFileSync } from "node:fs";
import { say } from "../progress.ts";
import { UserError } from "../user-error.ts";
import { run } from "./command.ts";
import { withLock } from "./lock.ts";

/** Whether this is root on Debian, and can install packages. */
export const canInstall = (): boolean =>
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  existsSync("/etc/os-release") &&
  /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));

let updated: Promise<string> | undefined;

/** apt fails if another process uses its database, such as tests that run beside `npm run up`. */
const aptLock = {
  file: "apt.lock",
  holder: "another process that installs packages",
};

/** Downloads the package lists, once. */
const updateLists = (): Promise<string> => {
  updated ??= withLock(aptLock, () =>
    run("apt-get", ["update", "-q"], { log: "apt" }),
  );
  return updated;
};

let installing: Promise<unknown> = Promise.resolve();

/**
 * Installs Debian packages on this machine and reports it. Calls run one after another, because apt locks its database.
 */
export function install(packages: string[], why: string): Promise<void> {
  const next = installing.then(async () => {
    say(`  installing on this machine: ${packages.join(", ")} (${why})`);
    await updateLists();
    await withLock(aptLock, () =>
      run(
        "apt-get",
        ["install", "-y", "-q", "--no-install-recommends", ...packages],
        {
          log: "apt",
          env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        },
      ),
    );
  });
  installing = next.catch(() => {});
  return next;
}

export interface PackageSource {
  uri: string;
  suite: string;
}

/**
 * Returns the package sources of a Debian release, which may differ from this machine's: the release itself first, then
 * updates and, if this machine has a source of them, security updates. Uses this machine's mirrors.
 */
export async function packageSources(
  release: string,
): Promise<PackageSource[]> {
  await updateLists();
  const targets = await run("apt-get", [
    "indextargets",
    "--format",
    "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
    "Created-By: Packages",
  ]);
  const mirror = findMirror(targets, /^[a-z]+$/);
  const security = findMirror(targets, /^[a-z]+-security$/);
  if (!mirror)
    throw new UserError(
      "No Debian package source with a main component is configured: see /etc/apt/sources.list.d.",
    );
  return [
    { uri: mirror, suite: release },
    { uri: mirror, suite: `${release}-updates` },
    ...(security ? [{ uri: security, suite: `${release}-security` }] : []),
  ];
}

function findMirror(targets: string, suite: RegExp): string | undefined {
  const mirrors = targets.split("\n").flatMap((line) => {
    const [uri, release = "", component, origin] = line.split(" ");
    return uri &&
      origin === "Debian" &&
      component === "main" &&
      suite.test(release)
      ? [uri]
      : [];
  });
  return mirrors[0];
}
