import {
  describeHost,
  type Engine,
  engineProblem,
  findUnsupportedEngine,
  type Host,
  type UnsupportedEngine,
} from "../docker/engine.ts";
import { cannotPull } from "../images/debian.ts";
import { UserError } from "../user-error.ts";
import { canInstall } from "./debian-packages.ts";

/** The state of the requirements that `up` can't install on every machine. */
export interface Machine extends Host {
  /** Whether this is root on Debian, where packages can be installed and images built from them. */
  canInstall: boolean;
  dockerEngine: Engine;
  unsupportedEngine?: UnsupportedEngine | undefined;
  /** Why Docker can't pull the Debian image. Undefined if Docker has the image, or nothing has to be built. */
  pullFailure?: string | undefined;
}

/** Returns a message with a remedy for each missing requirement. */
export function missing(machine: Machine): string[] {
  const sentences: string[] = [];
  if (machine.unsupportedEngine)
    sentences.push(engineRemedy(machine.unsupportedEngine));
  else if (
    machine.dockerEngine.state !== "answers" &&
    !(machine.dockerEngine.state === "absent" && machine.canInstall)
  )
    sentences.push(engineProblem(machine.dockerEngine, machine));
  if (machine.pullFailure && !machine.canInstall)
    sentences.push(cannotPull(machine.pullFailure));
  return sentences;
}

const engineRemedy = (engine: UnsupportedEngine): string =>
  engine === "Podman"
    ? "`docker` is Podman, and the local cluster runs only on Docker. Install Docker's engine and command: https://docs.docker.com/engine/install/"
    : "The Docker engine is rootless, and the local cluster's node needs one that runs as root: it mounts file systems and sets up networks. Select another: `docker context use default`, without DOCKER_HOST.";

/**
 * @param findShortages called if the engine can be used
 * @throws UserError with everything that this machine lacks, before anything is built
 */
export async function requireMachine(
  known: Pick<Machine, "dockerEngine" | "pullFailure">,
  findShortages: () => Promise<string[]>,
): Promise<void> {
  const host = await describeHost();
  const sentences = missing({
    ...known,
    ...host,
    canInstall: canInstall(),
    unsupportedEngine:
      host.dockerCommand && known.dockerEngine.state !== "hangs"
        ? await findUnsupportedEngine()
        : undefined,
  });
  if (sentences.length === 0) sentences.push(...(await findShortages()));
  if (sentences.length === 0) return;
  throw new UserError(
    `This machine lacks what a local cluster needs:\n${sentences.map((sentence) => `  - ${sentence}\n`).join("")}` +
      "Or use a cluster and a registry that you have: see “Your own cluster and registry” in README.md.",
  );
}
