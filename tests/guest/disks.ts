import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { nodeImage } from "../../local/cluster/node/image.ts";
import { contentKey } from "../../local/content-key.ts";
import { imageExists } from "../../local/docker/images.ts";
import { cache } from "../../local/environment.ts";
import { run } from "../../local/host/command.ts";
import { debianImage } from "../../local/images/debian.ts";
import { localPostgres } from "../../local/images/postgres/image.ts";
import { localBase } from "../../local/images/service-base/image.ts";
import { step } from "../../local/progress.ts";
import * as toolchain from "../../local/toolchain/index.ts";
import { UserError } from "../../local/user-error.ts";
import { write } from "../support/folders.ts";

/**
 * The user of the guest and its home. Files in the cache name each other by absolute paths, so the home has the path
 * that it has here.
 */
const user = "dev";
const home = homedir();

/** The clone's folder in the guest. */
const clone = join(home, "clone");

/** The serial port of the guest that has its test's output. */
const output = "/dev/ttyS1";

const packages = [
  "apparmor",
  "ca-certificates",
  "dbus",
  "docker.io",
  "git",
  "iproute2",
  "iptables",
  "kmod",
  "linux-image-cloud-amd64",
  "procps",
  "systemd-sysv",
  "udev",
];

/** What the guest's system has beyond its packages. */
const files = {
  "etc/fstab": `/dev/vda / ext4 rw 0 1\n/dev/vdb ${home} ext4 rw 0 2\n`,
  "etc/hostname": "guest\n",
  "etc/hosts": "127.0.0.1 localhost guest\n",
  // Current Docker engines don't load it.
  "etc/modprobe.d/no-br-netfilter.conf": "install br_netfilter /bin/false\n",
  "etc/systemd/system/guest-test.service": `[Unit]
After=docker.service multi-user.target
Requires=docker.service
OnSuccess=poweroff.target
OnFailure=poweroff.target
[Service]
Type=oneshot
Environment=HOME=/var/tmp
ExecStart=${clone}/node_modules/.bin/node ${clone}/tests/guest/inside.ts ${user} ${home}
StandardOutput=file:${output}
StandardError=file:${output}
[Install]
WantedBy=graphical.target
`,
};

export interface Disks {
  kernel: string;
  initrd: string;
  /** The guest's system. It is made once: a run must not change it. */
  system: string;
  /** The user's home: the clone, and all that `npm run up` would download or build. */
  home: string;
  /** For the output of the kernel and of systemd. */
  consoleLog: string;
}

export async function makeDisks(): Promise<Disks> {
  const folder = await ensureSystem();
  return {
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.img"),
    system: join(folder, "system.ext4"),
    home: await makeHome(folder),
    consoleLog: join(folder, "console.log"),
  };
}

/** Makes the guest's system from Debian packages, unless the cache has it. */
async function ensureSystem(): Promise<string> {
  const folder = join(cache, `guest-${contentKey([import.meta.filename])}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.new`;
  const root = join(work, "root");
  await run("sh", ["-c", removeSystem, "sh", work]);
  await mkdir(work, { recursive: true });
  await step("the guest's system, from Debian packages", async (report) => {
    await run(
      "debootstrap",
      ["--variant=minbase", `--include=${packages}`, "bookworm", root],
      { onLine: report },
    );
    write(root, files);
    await run("chroot", [root, "sh", "-ec", setUp]);
    for (const file of ["vmlinuz", "initrd.img"])
      await cp(join(root, file), join(work, file), { dereference: true });
    await makeFileSystem(join(work, "system.ext4"), root, "16G");
    await run("sh", ["-c", removeSystem, "sh", root]);
  });
  await rename(work, folder);
  return folder;
}

/** What debootstrap mounts stays mounted if it is killed. */
const removeSystem = `
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | xargs --no-run-if-empty umount
  rm -rf --one-file-system "$1"`;

const setUp = `
  useradd --home-dir '${home}' --no-create-home --groups docker --shell /bin/bash ${user}
  systemctl enable -q guest-test.service && systemctl set-default -q graphical.target`;

/**
 * Makes the home's disk: the files that git has or would add, the modules, and the parts of the cache that `up` uses.
 */
async function makeHome(folder: string): Promise<string> {
  const images = [nodeImage, localBase, localPostgres, debianImage];
  for (const image of images)
    if (!(await imageExists(image)))
      throw new UserError(
        `Docker has no image ${image}, and the guest has no network to make it. \`npm run up\` makes all images on this machine.`,
      );
  const work = await mkdtemp(join(tmpdir(), "marquee-guest-"));
  const root = join(work, "root");
  const disk = join(folder, "home.ext4");
  try {
    await step("the guest's home: clone, toolchain and images", async () => {
      const to = (path: string) => join(root, path.slice(home.length));
      await mkdir(to(clone), { recursive: true });
      await run("bash", ["-c", copyClone, "bash", to(clone)]);
      for (const part of [
        "docker-provider",
        "pulumi-home",
        relative(cache, dirname(toolchain.bin)),
      ]) {
        const from = join(cache, part);
        const copy = to(join(home, ".cache/marquee", part));
        await mkdir(dirname(copy), { recursive: true });
        await cp(from, copy, { recursive: true, verbatimSymlinks: true });
      }
      await run("docker", [
        ...["save", "--output", join(root, "images.tar"), ...images],
      ]);
      await writeFile(join(root, ".profile"), `export PATH=${path}\n`);
      await makeFileSystem(disk, root, "12G");
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return disk;
}

const path = `${clone}/node_modules/.bin:${toolchain.bin}:/usr/local/bin:/usr/bin:/bin`;

const copyClone = `set -eo pipefail
  git ls-files -z --cached --others --exclude-standard |
    while IFS= read -rd '' file; do [ ! -e "$file" ] || printf '%s\\0' "$file"; done |
    tar --create --null --files-from - | tar --extract --directory "$1"
  cp -al node_modules "$1" 2>/dev/null || cp -a node_modules "$1"
  cd "$1"
  git init -q
  git add -A
  git -c user.name=guest -c user.email=guest@localhost commit -qm clone`;

/** Makes an image of an ext4 file system with a folder's files; it takes no more space than they need. */
async function makeFileSystem(
  image: string,
  folder: string,
  size: string,
): Promise<void> {
  await rm(image, { force: true });
  await run("mke2fs", ["-q", "-t", "ext4", "-d", folder, image, size]);
}
