import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
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

/** Where this machine gets a release's packages from; `suffix` is "" or "-security". */
async function repository(suffix: string): Promise<string | undefined> {
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
      /^[a-z]+(-security)?$/.test(release) &&
      release.endsWith("-security") === (suffix !== "")
    )
      return uri;
  }
  return undefined;
}

/** Where this machine gets Debian's packages from. */
export async function mirror(): Promise<string> {
  const uri = await repository("");
  if (uri) return uri;
  throw new UserError(
    "No Debian package source with a main component is configured: see /etc/apt/sources.list.d.",
  );
}

/**
 * Unpacks packages of a release, whatever release this machine has, as they are now with its security updates. Exactly
 * these: what they depend on has to be among them.
 */
export async function unpack(
  release: string,
  packages: string[],
  root: string,
): Promise<void> {
  const apt = `${root}.apt`;
  rmSync(apt, { recursive: true, force: true });
  for (const folder of ["state/lists/partial", "cache/archives/partial", "etc"])
    mkdirSync(join(apt, folder), { recursive: true });
  const security = await repository("-security");
  const sources = [
    [await mirror(), release],
    [await mirror(), `${release}-updates`],
    ...(security ? [[security, `${release}-security`]] : []),
  ];
  writeFileSync(
    join(apt, "etc/sources.list"),
    sources
      .map(
        ([uri, suite]) =>
          `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri} ${suite} main\n`,
      )
      .join(""),
  );
  writeFileSync(join(apt, "state/status"), "");
  // Nothing of this machine's own apt is read or written.
  const options = [
    `Dir::State=${apt}/state`,
    `Dir::State::status=${apt}/state/status`,
    `Dir::Cache=${apt}/cache`,
    `Dir::Etc::sourcelist=${apt}/etc/sources.list`,
    `Dir::Etc::sourceparts=${apt}/etc/none`,
    `Dir::Etc::preferencesparts=${apt}/etc/none`,
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  const downloads = join(apt, "packages");
  mkdirSync(downloads);
  await run("apt-get", [...options, "update", "-q"], { log: "apt" });
  await run("apt-get", [...options, "download", "-q", ...packages], {
    cwd: downloads,
    log: "apt",
  });
  mkdirSync(root, { recursive: true });
  for (const file of readdirSync(downloads).sort())
    await run("dpkg-deb", ["-x", join(downloads, file), root]);
  rmSync(apt, { recursive: true });
}
