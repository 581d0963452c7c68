import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { debianTool } from "./debian-program.ts";
import { until } from "./until.ts";

export const nginx = debianTool(
  "nginx",
  "usr/sbin/nginx",
  ["nginx", "libpcre2-8-0", "libssl3", "zlib1g", "libcrypt1"],
  "to compare range responses with",
);

/**
 * Starts nginx with one worker on a loopback port. It serves files with ranges, entity tags and sendfile.
 * @param folder for its configuration and temporary files
 * @param prefix a command to start nginx with, such as taskset, and its arguments
 */
export async function startNginx(
  folder: string,
  {
    files,
    port,
    prefix = [],
  }: { files: string; port: number; prefix?: string[] },
): Promise<{ child: ChildProcess; url: string; stop(): void }> {
  const { program, LD_LIBRARY_PATH } = await nginx.ensure();
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
  if_modified_since before; # per RFC 9110; nginx's default requires an exact match
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
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1")
        .on("connect", () => resolve(true))
        .on("error", () => resolve(false));
      socket.on("close", () => resolve(false)).unref();
      socket.end();
    });
  await until(answers, () => `nginx to listen: ${output}`);
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    stop: () => void child.kill("SIGKILL"),
  };
}
