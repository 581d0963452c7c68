import { run } from "../host/command.ts";
import { UserError } from "../user-error.ts";

export type DockerPlatform = "linux/amd64" | "linux/arm64";

let platform: Promise<DockerPlatform> | undefined;

/**
 * Returns the platform of the Docker engine, which may run on another machine or in a virtual machine.
 * @throws UserError unless the local cluster supports it
 */
export function enginePlatform(): Promise<DockerPlatform> {
  platform ??= run("docker", [
    ...["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"],
  ]).then(parsePlatform);
  return platform;
}

/** @throws UserError unless the local cluster supports the platform */
export function parsePlatform(text: string): DockerPlatform {
  if (text === "linux/amd64" || text === "linux/arm64") return text;
  throw new UserError(
    `The Docker engine's platform is ${text}. The local cluster needs linux/amd64 or linux/arm64.`,
  );
}
