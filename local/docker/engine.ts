import {
  type CommandError,
  CommandTimeoutError,
  run,
  succeeds,
} from "../host/command.ts";

const answerTimeoutMs = 20_000;

/** The state of the Docker engine. */
export type Engine =
  | { state: "answers"; info: EngineInfo }
  | {
      state: "denies access" | "hangs" | "absent";
      /** The address that `docker` tried, if its error has it. */
      address?: string | undefined;
    };

interface EngineInfo {
  memoryBytes: number;
  /** The engine's data folder, on its own machine. */
  dataFolder: string;
}

/** Runs `docker info`, because a broken engine may still answer `docker version`. */
export const findEngine = (timeoutMs = answerTimeoutMs): Promise<Engine> =>
  run("docker", ["info", "--format", "{{json .}}"], { timeoutMs }).then(
    readInfo,
    (error: CommandError) =>
      error instanceof CommandTimeoutError
        ? { state: "hangs" }
        : readFailure(error.output ?? ""),
  );

/** Whether a Docker engine answers. */
export const engineAnswers = async () =>
  (await findEngine()).state === "answers";

/** Parses the output of `docker info`, which may succeed without an engine. */
export function readInfo(json: string): Engine {
  const info = JSON.parse(json);
  const errors: string[] = info.ServerErrors ?? [];
  return errors.length > 0
    ? readFailure(errors.join("\n"))
    : {
        state: "answers",
        // Podman reports neither. It is rejected later.
        info: {
          memoryBytes: info.MemTotal ?? Number.POSITIVE_INFINITY,
          dataFolder: info.DockerRootDir ?? "/",
        },
      };
}

/** Parses the error of a Docker command that couldn't reach an engine. */
export const readFailure = (output: string): Engine => ({
  state: /permission denied/i.test(output) ? "denies access" : "absent",
  address: output.match(/\b(unix|tcp|ssh):\/\/[^\s:;]*[^\s:;.](:\d+)?/)?.[0],
});

export interface Host {
  platform: NodeJS.Platform;
  root: boolean;
  /** Whether `docker` is on the PATH. */
  dockerCommand: boolean;
}

export const describeHost = async (): Promise<Host> => ({
  platform: process.platform,
  root: process.getuid?.() === 0,
  dockerCommand: await succeeds("sh", ["-c", "command -v docker"]),
});

/** Returns a message that says why the engine can't be used, and what to do. */
export function engineProblem(
  engine: Exclude<Engine, { state: "answers" }>,
  { platform, root, dockerCommand }: Host,
): string {
  const at = engine.address ? ` at ${engine.address}` : "";
  const desktop = platform === "darwin";
  switch (engine.state) {
    case "denies access":
      return `Docker denies access to its engine${at}.${root || desktop ? "" : " Add yourself to the group that has it: `sudo usermod -aG docker $USER`, then log in again."}`;
    case "hangs":
      return `The Docker engine does not answer within ${answerTimeoutMs / 1000} s. Restart ${desktop ? "Docker Desktop or colima" : "it: `sudo systemctl restart docker`"}.`;
  }
  const absent = `No Docker engine answers${at}.`;
  if (desktop)
    return `${absent} Install Docker Desktop (https://docs.docker.com/desktop/) or colima, and start it.`;
  if (engine.address && !/\/run\/docker\.sock$/.test(engine.address))
    return `${absent} Start it, or select another: \`docker context use\`, or DOCKER_HOST.`;
  return dockerCommand
    ? `${absent} Start it: \`sudo systemctl start docker\`.`
    : `${absent} Install it (https://docs.docker.com/engine/install/), or run this as root on Debian, where it is installed for you.`;
}

/** An engine that answers `docker` but can't run the cluster's node. */
export type UnsupportedEngine = "Podman" | "rootless Docker";

export async function findUnsupportedEngine(): Promise<
  UnsupportedEngine | undefined
> {
  const [version, security] = await Promise.all(
    [["version"], ["info", "--format", "{{.SecurityOptions}}"]].map((args) =>
      run("docker", args).catch(({ output = "" }: CommandError) => output),
    ),
  );
  return unsupportedEngine(version ?? "", security ?? "");
}

/**
 * @param version the output of `docker version`
 * @param securityOptions of `docker info`
 */
export function unsupportedEngine(
  version: string,
  securityOptions: string,
): UnsupportedEngine | undefined {
  if (/\bPodman\b/i.test(version)) return "Podman";
  return /\bname=rootless\b/.test(securityOptions)
    ? "rootless Docker"
    : undefined;
}
