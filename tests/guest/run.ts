import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { succeeds } from "../../local/host/command.ts";
import { canInstall } from "../../local/host/debian-packages.ts";
import { say } from "../../local/progress.ts";
import { UserError } from "../../local/user-error.ts";
import "../setup.ts";
import { type Disks, makeDisks } from "./disks.ts";

/**
 * `npm run test:guest`: runs `npm run up` and `down` in an emulated Debian that differs from most containers and CI
 * machines: systemd, cgroup v2, AppArmor, swap, no module br_netfilter, no network, and a user who is not root.
 */

const programs = {
  debootstrap: "debootstrap",
  mke2fs: "e2fsprogs",
  "qemu-system-x86_64": "qemu-system-x86",
};

async function requirePrograms(): Promise<void> {
  if (!canInstall())
    throw new UserError(
      "The guest's disk is made from Debian packages: run this as root on Debian.",
    );
  for (const [program, debianPackage] of Object.entries(programs))
    if (!(await succeeds("which", [program])))
      throw new UserError(
        `${program} is not installed: \`apt-get install --no-install-recommends ${debianPackage}\`.`,
      );
}

/** Boots the guest and prints what its test says. @returns whether that passed */
async function boot({
  kernel,
  initrd,
  system,
  home,
  consoleLog,
}: Disks): Promise<boolean> {
  say(`▸ guest (its console: ${consoleLog})`);
  const drive = (file: string) =>
    `if=virtio,format=raw,snapshot=on,file=${file}`;
  const guest = spawn(
    "qemu-system-x86_64",
    [
      ...["-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"],
      ...["-smp", `${Math.min(availableParallelism(), 4)}`, "-m", "8G"],
      ...["-nodefaults", "-display", "none", "-nic", "none", "-no-reboot"],
      ...["-device", "virtio-rng-pci"],
      ...["-drive", drive(system), "-drive", drive(home)],
      ...["-kernel", kernel, "-initrd", initrd],
      ...["-append", "root=/dev/vda rw console=ttyS0 panic=-1"],
      ...["-serial", `file:${consoleLog}`, "-serial", "stdio"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  process.once("exit", () => guest.kill("SIGKILL"));
  let passed = false;
  for await (const line of createInterface({ input: guest.stdout })) {
    say(`  ${line}`);
    if (line.trim() === "GUEST PASSED") passed = true;
  }
  return passed;
}

try {
  await requirePrograms();
  const disks = await makeDisks();
  try {
    if (!(await boot(disks))) process.exitCode = 1;
  } finally {
    await rm(disks.home);
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
