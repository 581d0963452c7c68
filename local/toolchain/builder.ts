import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { contentKey } from "../content-key.ts";
import { buildImage, proxyVariables } from "../docker/build.ts";
import { ensureDockerEngine } from "../docker/daemon.ts";
import { imageExists } from "../docker/images.ts";
import { type RunOptions, run, succeeds } from "../host/command.ts";
import { withLock } from "../host/lock.ts";
import { step } from "../progress.ts";

const dockerfile = join(import.meta.dirname, "builder.Dockerfile");
const image = `marquee/builder:${contentKey([dockerfile]).slice(0, 8)}`;

/** The volume with Go's downloads and compiled packages. All clones and environments share it. */
const volume = "marquee-go";

/** Go's settings for downloading and verifying modules. */
const moduleSettings = [
  ...["GOPROXY", "GONOPROXY", "GOPRIVATE", "GOINSECURE"],
  ...["GOSUMDB", "GONOSUMDB"],
];

/** A running container with Go. */
export interface Builder {
  /** Copies a file or folder of this machine into the container. */
  copyIn(from: string, to: string): Promise<void>;
  /** Copies a file or folder of the container to this machine. */
  copyOut(from: string, to: string): Promise<void>;
  /** Runs a program in the container and returns its standard output. */
  run(args: string[], options: BuilderOptions): Promise<string>;
  /** Saves the container's file system as an image. */
  commit(as: string): Promise<void>;
}

export interface BuilderOptions extends Pick<RunOptions, "log" | "onLine"> {
  /** The working directory in the container. */
  folder: string;
  env?: Record<string, string>;
}

/** Runs work in a new container, which is removed afterwards, even if this process is killed. */
export async function inBuilder<T>(
  work: (builder: Builder) => Promise<T>,
): Promise<T> {
  await ensureBuilderImage();
  await run("docker", ["volume", "create", "--label", "marquee.cache", volume]);
  const name = `marquee-builder-${randomBytes(6).toString("hex")}`;
  // `cat` exits when its standard input is closed, so the container doesn't outlive this process.
  const child = spawn(
    "docker",
    [
      ...["run", "--rm", "--interactive", "--init", "--name", name],
      ...["--network", "host", "--volume", `${volume}:/go`],
      ...Object.entries(environment()).flatMap(([variable, value]) => [
        ...["--env", `${variable}=${value}`],
      ]),
      ...[image, "sh", "-c", "echo ready; cat"],
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const ended = once(child, "close");
  let problem = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    problem += text;
  });
  try {
    await Promise.race([once(child.stdout, "data"), ended]);
    if (child.exitCode !== null)
      throw new Error(`The builder's container did not start: ${problem}`);
    await copyAuthorities(name);
    return await work(builderIn(name));
  } finally {
    child.stdin.end();
    await succeeds("docker", ["rm", "--force", name]);
    await ended;
  }
}

function builderIn(name: string): Builder {
  const docker = async (args: string[], options: RunOptions = {}) =>
    run("docker", args, options);
  return {
    copyIn: async (from, to) => {
      await docker(["cp", from, `${name}:${to}`]);
    },
    copyOut: async (from, to) => {
      await docker(["cp", `${name}:${from}`, to]);
    },
    run: (args, { folder, env = {}, ...options }) =>
      docker(
        [
          ...["exec", "--workdir", folder],
          ...Object.entries(env).flatMap(([variable, value]) => [
            ...["--env", `${variable}=${value}`],
          ]),
          ...[name, ...args],
        ],
        options,
      ),
    commit: async (as) => {
      await docker(["commit", name, as]);
    },
  };
}

/** The environment of `go`, for programs without cgo and reproducible builds in any folder. */
const environment = (): Record<string, string> => ({
  ...proxyVariables(process.env),
  ...Object.fromEntries(
    moduleSettings.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  ),
  CGO_ENABLED: "0",
  GOCACHE: "/go/build",
  GOFLAGS: "-buildvcs=false -trimpath",
  // Fewer garbage collections save CPU time for more memory, at most 2 GB per core.
  GOGC: process.env.GOGC ?? "400",
  GOPATH: "/go",
});

/** Makes programs in the container trust this machine's certificate authorities. */
async function copyAuthorities(container: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "marquee-authorities-"));
  try {
    const file = join(folder, "ca-certificates.crt");
    const kinds = ["bundled", "system", "extra"] as const;
    const authorities = new Set(
      kinds.flatMap((kind) => getCACertificates(kind)),
    );
    writeFileSync(file, [...authorities].join("\n"));
    await run("docker", ["exec", container, "mkdir", "-p", "/etc/ssl/certs"]);
    await run("docker", ["cp", file, `${container}:/etc/ssl/certs/`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function ensureBuilderImage(): Promise<void> {
  await ensureDockerEngine();
  if (await imageExists(image)) return;
  await withLock(
    {
      file: "builder-image.lock",
      holder: "another process that builds the Go image",
    },
    async () => {
      if (await imageExists(image)) return;
      await step("image of Go, from Debian packages", (report) =>
        buildImage({ image, dockerfile, report }, () => {}),
      );
    },
  );
}
