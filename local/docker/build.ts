import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache } from "../environment.ts";
import { type RunOptions, run, succeeds } from "../host/command.ts";
import { debianImage, ensureDebianImage } from "../images/debian.ts";

export interface Build {
  image: string;
  /**
   * The path of the Dockerfile. Its first stage must be called `packages`, start FROM the argument DEBIAN and copy no
   * files.
   */
  dockerfile: string;
  /** Build arguments other than DEBIAN. */
  args?: Record<string, string>;
  report: (status: string) => void;
}

/**
 * Builds an image from a Dockerfile.
 * @param fill puts the files that COPY reads into a folder
 */
export async function buildImage(
  build: Build,
  fill: (context: string) => unknown,
): Promise<void> {
  const { image, dockerfile } = build;
  const context = join(cache, "build", image.replace(/\W/g, "-"));
  rmSync(context, { recursive: true, force: true }); // left by an interrupted build
  mkdirSync(context, { recursive: true });
  try {
    await fill(context);
    makeReadable(context);
    await buildPackages(build);
    await docker(build, ["--tag", image, "--file", dockerfile, context]);
  } finally {
    await succeeds("docker", ["image", "rm", packagesImage(build)]);
    rmSync(context, { recursive: true });
  }
}

/** Copies a shell script into a build context with LF line endings, because shells can't run one from a CRLF clone. */
export function copyScript(from: string, to: string): void {
  writeFileSync(to, readFileSync(from, "utf8").replaceAll("\r\n", "\n"));
  chmodSync(to, 0o755); // independent of the umask
}

/** Makes files readable for every user of the image: COPY keeps their modes, which depend on this user's umask. */
function makeReadable(context: string): void {
  for (const path of readdirSync(context, { recursive: true })) {
    const file = join(context, `${path}`);
    const { mode } = statSync(file);
    chmodSync(file, mode | (mode & 0o100 ? 0o555 : 0o444));
  }
}

/**
 * Builds only the stage `packages`, which `buildImage` reuses. The stage is tagged because the classic builder would
 * leave an untagged image behind.
 */
export async function buildPackages(build: Build): Promise<void> {
  await ensureDebianImage();
  const tag = ["--tag", packagesImage(build)];
  await docker(build, ["--target", "packages", ...tag, "-"], {
    input: readFileSync(build.dockerfile, "utf8"),
  });
}

const packagesImage = ({ image }: Build) => `${image}-packages`;

async function docker(
  { args = {}, report }: Build,
  rest: string[],
  options: RunOptions = {},
): Promise<void> {
  const proxies = proxyVariables(process.env);
  const { BUILDX_BUILDER: _, ...env } = { ...process.env, ...proxies };
  // Without buildx, only the classic builder works. It needs --force-rm to remove the containers of failed steps.
  const buildKit = await succeeds("docker", ["buildx", "version"]);
  await run(
    "docker",
    [
      ...["build", ...(buildKit ? ["--progress", "plain"] : ["--force-rm"])],
      // In the engine's network, its DNS, VPNs and proxies on loopback also work for the build.
      ...["--network", "host"],
      ...Object.entries({ DEBIAN: debianImage, ...args }).flatMap(
        ([arg, value]) => ["--build-arg", `${arg}=${value}`],
      ),
      // Only the names: a value may contain a password and would be logged. docker reads the values from its
      // environment.
      ...Object.keys(proxies).flatMap((name) => ["--build-arg", name]),
      ...rest,
    ],
    {
      ...options,
      env: { ...env, ...(buildKit ? {} : { DOCKER_BUILDKIT: "0" }) },
      log: "docker",
      onLine: (line) => {
        const [progress] =
          line.match(/\b(Get:|Unpacking |Setting up ).+/) ?? [];
        if (progress) report(progress);
      },
    },
  );
}

/** Returns the proxy settings of an environment in lower and upper case, because programs differ in which they read. */
export function proxyVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    ["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => {
      const value = env[name] || env[name.toUpperCase()];
      return value
        ? [name, name.toUpperCase()].map((each) => [each, value])
        : [];
    }),
  );
}
