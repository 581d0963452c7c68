import { existsSync, readFileSync } from "node:fs";
import { run } from "./host.ts";
import { say } from "./progress.ts";
import { UserError } from "./user-error.ts";

/** Whether this machine is Debian and we may install packages on it. */
export const canInstall = (): boolean =>
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  existsSync("/etc/os-release") &&
  /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));

let updated: Promise<string> | undefined;

/** Downloads the package lists, once. */
export const updateLists = (): Promise<string> => {
  updated ??= run("apt-get", ["update", "-q"], { log: "apt" });
  return updated;
};

let installing: Promise<unknown> = Promise.resolve();

/** Installs Debian packages on this machine, and says so. apt takes one at a time, so calls wait for each other. */
export function install(packages: string[], why: string): Promise<void> {
  const next = installing.then(async () => {
    say(`  installing on this machine: ${packages.join(", ")} (${why})`);
    await updateLists();
    await run(
      "apt-get",
      ["install", "-y", "-q", "--no-install-recommends", ...packages],
      {
        log: "apt",
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      },
    );
  });
  installing = next.catch(() => {});
  return next;
}

/** Where this machine gets Debian's packages from. */
export async function mirror(): Promise<string> {
  await updateLists();
  const targets = await run("apt-get", [
    "indextargets",
    "--format",
    "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
    "Created-By: Packages",
  ]);
  for (const line of targets.split("\n")) {
    const [uri, release, component, origin] = line.split(" ");
    if (
      uri &&
      origin === "Debian" &&
      component === "main" &&
      release &&
      !release.includes("-")
    )
      return uri;
  }
  throw new UserError(
    "No Debian package source with a main component is configured: see /etc/apt/sources.list.d.",
  );
}
