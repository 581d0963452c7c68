import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageInputs } from "./image-inputs.ts";

/** Runs docker and returns its output. Fails with the last lines of the output. */
function docker(
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("docker", args, {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new Error("`docker` is not on the PATH")
          : error,
      ),
    );
    child.on("close", (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(output.trim().split("\n").slice(-15).join("\n"))),
    );
  });
}

/** Returns the platform of the Docker engine, such as linux/arm64. It may run on another machine. */
export const enginePlatform = async (): Promise<string> => {
  const output = await docker([
    ...["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"],
  ]);
  return output.trim();
};

let building: Promise<unknown> = Promise.resolve();

/**
 * Builds and tags an image; returns its id. Builds run one after another (each takes half a second): concurrent builds
 * would each run the steps that images share, and the same content would get another digest the next time.
 */
export function buildImage(inputs: ImageInputs): Promise<string> {
  const next = building.then(() => build(inputs));
  building = next.catch(() => {});
  return next;
}

async function build({ imageName, build }: ImageInputs): Promise<string> {
  const options = [
    ...["--file", build.dockerfile],
    ...(build.target ? ["--target", build.target] : []),
    ...(build.network ? ["--network", build.network] : []),
    ...(build.addHosts ?? []).flatMap((host) => ["--add-host", host]),
    ...(build.cacheFrom?.images ?? []).flatMap((image) => [
      "--cache-from",
      image,
    ]),
    ...Object.entries(build.args ?? {}).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]),
    ...["--tag", imageName],
  ];
  // Without buildx, docker can't use the engine's BuildKit. The classic builder doesn't support platforms, and needs
  // --force-rm to remove the containers of failed steps.
  const buildx = await docker(["buildx", "version"]).catch(() => undefined);
  const [env, engine] =
    buildx && build.builderVersion !== "BuilderV1"
      ? [process.env, ["--platform", build.platform]]
      : [{ ...process.env, DOCKER_BUILDKIT: "0" }, ["--force-rm"]];
  await docker(["build", ...engine, ...options, build.context], env);
  const id = await docker([
    "image",
    "inspect",
    "--format",
    "{{.Id}}",
    imageName,
  ]);
  return id.trim();
}

/** Pushes an image; returns its digest in the registry. */
export async function pushImage({
  imageName,
  registry,
}: ImageInputs): Promise<string> {
  const output = await withCredentials(registry, (env) =>
    docker(["push", imageName], env),
  );
  const digest = output.match(/digest: (sha256:[0-9a-f]{64})/)?.[1];
  if (!digest) throw new Error(`the registry returned no digest:\n${output}`);
  return digest;
}

/** Passes credentials to one command, so that the password doesn't stay in the user's Docker configuration. */
async function withCredentials<T>(
  registry: ImageInputs["registry"],
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  if (!registry?.username || !registry.password) return work(process.env);
  const host = await docker([
    "context",
    "inspect",
    "--format",
    "{{.Endpoints.docker.Host}}",
  ]);
  const folder = mkdtempSync(join(tmpdir(), "docker-config-"));
  try {
    const auth = Buffer.from(
      `${registry.username}:${registry.password}`,
    ).toString("base64");
    writeFileSync(
      join(folder, "config.json"),
      JSON.stringify({
        auths: { [registry.server ?? "https://index.docker.io/v1/"]: { auth } },
      }),
      { mode: 0o600 },
    );
    return await work({
      ...process.env,
      DOCKER_CONFIG: folder,
      DOCKER_HOST: process.env.DOCKER_HOST ?? host.trim(),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
