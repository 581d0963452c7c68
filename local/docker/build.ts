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
  /** A Dockerfile. Its first stage is called `packages`, builds on the argument DEBIAN and copies nothing. */
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
  rmSync(context, { recursive: true, force: true }); // what an interrupted build left
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

/** Copies a shell script into an image's file system, with LF line ends: no shell runs one from a CRLF clone. */
export function copyScript(from: string, to: string): void {
  writeFileSync(to, readFileSync(from, "utf8").replaceAll("\r\n", "\n"));
  chmodSync(to, 0o755); // whatever the umask is
}

/** Lets every user of the image read what COPY copies: it keeps modes, which depend on this user's umask. */
function makeReadable(context: string): void {
  for (const path of readdirSync(context, { recursive: true })) {
    const file = join(context, `${path}`);
    const { mode } = statSync(file);
    chmodSync(file, mode | (mode & 0o100 ? 0o555 : 0o444));
  }
}

/**
 * Builds the stage `packages` alone; `buildImage` continues with it. It gets a name because the classic builder leaves
 * stages behind as images without one.
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
  // Without buildx only the classic builder works; it leaves containers of failed steps behind.
  const buildKit = await succeeds("docker", ["buildx", "version"]);
  await run(
    "docker",
    [
      ...["build", ...(buildKit ? ["--progress", "plain"] : ["--force-rm"])],
      // The engine's own network: its DNS, VPNs and proxies on loopback also work in the build.
      ...["--network", "host"],
      ...Object.entries({ DEBIAN: debianImage, ...args }).flatMap(
        ([arg, value]) => ["--build-arg", `${arg}=${value}`],
      ),
      // Without values, which may hold a password and would be logged: docker takes them from its environment.
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

/** The proxy settings of an environment, by their names in both cases: programs differ in which they read. */
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
