import { execFile } from "node:child_process";
import { testLabel } from "../../../local/docker/test-containers.ts";
import { newName, prepareDocker } from "../docker.ts";
import type { Resource } from "./engine.ts";

/** The result of a program that ended. */
export interface End {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `docker`, for a minute at most. */
export const docker = (args: string[], input = ""): Promise<End> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      "docker",
      args,
      { timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") return reject(error);
        resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
    child.stdin?.on("error", () => {}); // it ended before it read everything
    child.stdin?.end(input);
  });

/** Runs `docker`; returns its standard output, or throws if it fails. */
export async function ok(args: string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await docker(args, input);
  if (code === 0) return stdout.trimEnd();
  throw new Error(`docker ${args.join(" ")} ended with ${code}: ${stderr}`);
}

/** Gives the calling suite its own containers and volumes, which are removed after it, even if it fails. */
export function useContainers() {
  const containers: string[] = [];
  const volumes: string[] = [];
  before(async function () {
    this.timeout(300_000); // the image may have to be built
    await prepareDocker();
  });
  after(async () => {
    if (containers.length > 0)
      await docker(["rm", "--force", "--volumes", ...containers]);
    if (volumes.length > 0) await docker(["volume", "rm", ...volumes]);
  });
  const named = (list: string[]) => {
    const name = newName();
    list.push(name);
    return name;
  };
  return {
    /** Starts a container from docker's options, the image and its command; returns its name. */
    async start(args: string[]): Promise<string> {
      const name = named(containers);
      await ok(["run", "--detach", "--name", name, ...testLabel, ...args]);
      return name;
    },
    /** Runs a container until it ends by itself. */
    runToEnd: (args: string[]): Promise<End> =>
      docker(["run", "--name", named(containers), ...testLabel, ...args]),
    /** Creates a volume; returns its name. */
    async volume(): Promise<string> {
      const name = named(volumes);
      await ok(["volume", "create", ...testLabel, name]);
      return name;
    },
  };
}

/** Arguments of `docker run` for a container of a pod, with the rights, variables and volumes that Kubernetes sets. */
export function asInPod(
  spec: Resource["inputs"],
  container: Resource["inputs"],
  {
    secrets = {},
    claims = {},
    hosts = {},
  }: {
    /** The values of Secrets, by name. */
    secrets?: Record<string, string>;
    /** Docker volumes by the name of the claim. */
    claims?: Record<string, string>;
    /** Addresses by DNS name. */
    hosts?: Record<string, string>;
  },
): string[] {
  const { runAsUser, runAsGroup } = spec.securityContext;
  const security = container.securityContext;
  return [
    ...["--user", `${runAsUser}:${runAsGroup}`],
    ...(security.readOnlyRootFilesystem ? ["--read-only"] : []),
    ...(security.allowPrivilegeEscalation
      ? []
      : ["--security-opt", "no-new-privileges"]),
    ...security.capabilities.drop.flatMap((name: string) => [
      "--cap-drop",
      name,
    ]),
    ...Object.entries(hosts).flatMap(([name, address]) => [
      "--add-host",
      `${name}:${address}`,
    ]),
    ...container.env.flatMap(({ name, value, valueFrom }: Variable) => {
      const secret = valueFrom?.secretKeyRef.name;
      const text = secret === undefined ? value : secrets[secret];
      if (text === undefined) throw new Error(`Nothing is known of ${secret}.`);
      return ["--env", `${name}=${text}`];
    }),
    ...container.volumeMounts.flatMap(({ name, mountPath }: Mount) => {
      const volume = spec.volumes.find(
        (volume: Volume) => volume.name === name,
      );
      const claim = volume.persistentVolumeClaim?.claimName;
      if (claim) return ["--volume", `${claims[claim]}:${mountPath}`];
      const size = volume.emptyDir.sizeLimit.replace("Mi", "m");
      return ["--tmpfs", `${mountPath}:size=${size},mode=1777`];
    }),
    ...(container.command ? ["--entrypoint", container.command[0]] : []),
    container.image,
    ...(container.command?.slice(1) ?? []),
    ...(container.args ?? []),
  ];
}

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { secretKeyRef: { name: string } };
}
interface Mount {
  name: string;
  mountPath: string;
}
interface Volume {
  name: string;
}
