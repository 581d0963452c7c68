import { canInstall } from "./debian.ts";
import { cannotPull } from "./debian-image.ts";
import {
  findUnsupportedEngine,
  type UnsupportedEngine,
} from "./docker-engine.ts";
import { succeeds } from "./host.ts";
import { UserError } from "./user-error.ts";

/** What this machine has of the things that `up` can't install everywhere. */
export interface Machine {
  platform: NodeJS.Platform;
  root: boolean;
  /** Root on Debian: packages can be installed, and file systems made of them. */
  canInstall: boolean;
  dockerCommand: boolean;
  dockerEngine: boolean;
  unsupportedEngine?: UnsupportedEngine | undefined;
  /** Why Docker can't pull the image that the others are built on, unless it has that or needs none. */
  pullFailure?: string | undefined;
}

/** What to do about each requirement that the machine lacks, in a sentence. */
export function missing(machine: Machine): string[] {
  const sentences: string[] = [];
  if (machine.unsupportedEngine)
    sentences.push(engineRemedy(machine.unsupportedEngine));
  else if (!machine.dockerEngine && !machine.canInstall)
    sentences.push(`No Docker engine answers. ${dockerRemedy(machine)}`);
  if (machine.pullFailure && !machine.canInstall)
    sentences.push(cannotPull(machine.pullFailure));
  return sentences;
}

const engineRemedy = (engine: UnsupportedEngine): string =>
  engine === "Podman"
    ? "`docker` is Podman, and the local cluster runs on Docker alone. Install Docker's engine and command: https://docs.docker.com/engine/install/"
    : "The Docker engine is rootless, and the local cluster's node needs one that runs as root: it mounts file systems and sets up networks. Select another: `docker context use default`, without DOCKER_HOST.";

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
  known: Pick<Machine, "dockerEngine" | "pullFailure">,
): Promise<void> {
  const dockerCommand = await has("docker");
  const sentences = missing({
    ...known,
    platform: process.platform,
    root: process.getuid?.() === 0,
    canInstall: canInstall(),
    dockerCommand,
    unsupportedEngine: dockerCommand
      ? await findUnsupportedEngine()
      : undefined,
  });
  if (sentences.length === 0) return;
  throw new UserError(
    `This machine lacks what a local cluster needs:\n${sentences.map((sentence) => `  - ${sentence}\n`).join("")}` +
      "Or use a cluster and a registry that you have: see “Your own cluster and registry” in README.md.",
  );
}
