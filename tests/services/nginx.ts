import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import * as debian from "../../local/debian.ts";
import { cache, eventually, succeeds } from "../../local/host.ts";
import { step } from "../../local/progress.ts";

const release = "bookworm";
/** What it needs besides libc6, so that it runs on later releases as well. */
const packages = ["nginx", "libpcre2-8-0", "libssl3", "zlib1g", "libcrypt1"];
const root = join(cache, `nginx-${release}`);

/**
 * nginx, to compare with: unpacked from Debian's packages into the cache, where this machine is Debian and we are root, as
 * installing it would start a server on port 80; else the one on the PATH.
 * @returns the program, and the variables it needs
 */
async function ensureNginx(): Promise<{
  program: string;
  LD_LIBRARY_PATH: string;
}> {
  if (debian.canInstall() && !existsSync(root))
    await step("nginx, to compare with", async () => {
      await debian.unpack(release, packages, `${root}.new`);
      renameSync(`${root}.new`, root); // it counts once it is whole
    });
  if (existsSync(root)) {
    const libraries = ["usr/lib", "lib"].map((folder) =>
      join(
        root,
        folder,
        process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu",
      ),
    );
    return {
      program: join(root, "usr/sbin/nginx"),
      LD_LIBRARY_PATH: libraries.join(":"),
    };
  }
  if (await succeeds("nginx", ["-v"]))
    return { program: "nginx", LD_LIBRARY_PATH: "" };
  throw new Error(
    "nginx is not on the PATH: install it, this compares with it.",
  );
}

/**
 * Starts nginx on a loopback port, one worker, serving the files of a folder with ranges, entity tags and sendfile.
 * @param folder for its configuration, log and what it needs to run
 * @param prefix a program that starts it, such as taskset, and its arguments
 */
export async function startNginx(
  folder: string,
  {
    files,
    port,
    prefix = [],
  }: { files: string; port: number; prefix?: string[] },
): Promise<{ child: ChildProcess; url: string; stop(): void }> {
  const { program, LD_LIBRARY_PATH } = await ensureNginx();
  const configuration = join(folder, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder};`)
    .join(" ");
  writeFileSync(
    configuration,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 2048; }
http {
  ${temporary}
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  types { video/mp4 mp4; } default_type application/octet-stream;
  if_modified_since before; # as RFC 9110 has it; nginx' own default wants the very same date
  server { listen 127.0.0.1:${port}; root ${files}; }
}
`,
  );
  const [command, ...args] = [
    ...prefix,
    program,
    "-p",
    folder,
    "-e",
    "stderr",
    "-c",
    configuration,
  ];
  const child = spawn(command as string, args, {
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1")
        .on("connect", () => resolve(true))
        .on("error", () => resolve(false));
      socket.on("close", () => resolve(false)).unref();
      socket.end();
    });
  if (!(await eventually(answers, 5_000, 20)))
    throw new Error(`nginx does not listen: ${said}`);
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    stop: () => void child.kill("SIGKILL"),
  };
}
