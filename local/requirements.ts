import { canInstall } from "./debian.ts";
import { succeeds } from "./host.ts";
import { UserError } from "./user-error.ts";

/** What is on this machine, of what can't be brought by `up` everywhere. */
export interface Machine {
  platform: NodeJS.Platform;
  root: boolean;
  /** Root on Debian: packages can be installed, and file systems made of them. */
  canInstall: boolean;
  dockerCommand: boolean;
  dockerEngine: boolean;
  /** The node's and the services' image were made before. */
  images: boolean;
  go: boolean;
  /** The programs were built before. */
  programs: boolean;
}

/** What to do about each thing that is missing, in a sentence; nothing where all is there or can be brought. */
export function missing(machine: Machine): string[] {
  const sentences: string[] = [];
  if (!machine.dockerEngine && !machine.canInstall)
    sentences.push(`No Docker engine answers. ${dockerRemedy(machine)}`);
  if (!machine.images && !machine.canInstall)
    sentences.push(
      "The local cluster's images are made of Debian packages. Run this as root, on Debian (a virtual machine will do).",
    );
  if (!machine.programs && !machine.go)
    sentences.push(
      "The local cluster's programs are built with Go, and there is no `go` on the PATH. Install Go 1.26 or newer: https://go.dev/doc/install",
    );
  return sentences;
}

function dockerRemedy({ platform, root, dockerCommand }: Machine): string {
  if (platform === "darwin")
    return "Install Docker Desktop (https://docs.docker.com/desktop/) or colima, and start it.";
  if (!dockerCommand)
    return "Install it (https://docs.docker.com/engine/install/), or run this as root on Debian, where it is installed for you.";
  return `Start it: \`sudo systemctl start docker\`.${root ? "" : " If it runs, you may not use it: `sudo usermod -aG docker $USER`, then log in again."}`;
}

/** Whether a command is on the PATH. */
const has = (command: string) =>
  succeeds("sh", ["-c", `command -v ${command}`]);

/** @throws UserError with everything that this machine lacks, before anything is done */
export async function requireMachine(
  known: Pick<Machine, "dockerEngine" | "images" | "programs">,
): Promise<void> {
  const sentences = missing({
    ...known,
    platform: process.platform,
    root: process.getuid?.() === 0,
    canInstall: canInstall(),
    dockerCommand: await has("docker"),
    go: await has("go"),
  });
  if (sentences.length === 0) return;
  throw new UserError(
    `This machine lacks what a local cluster needs:\n${sentences.map((sentence) => `  - ${sentence}\n`).join("")}` +
      "Or use a cluster and a registry that you have: see “Your own cluster and registry” in README.md.",
  );
}
