import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianTool } from "./debian-program.ts";
import { freePort } from "./free-port.ts";
import { answers, startServer, type TestServer } from "./postgres.ts";
import { until } from "./until.ts";

export const pgBouncer = debianTool(
  "pgbouncer",
  "usr/sbin/pgbouncer",
  [
    "pgbouncer",
    "libc-ares2",
    "libevent-2.1-7",
    "libssl3",
    "libpam0g",
    "libaudit1",
    "libcap-ng0",
    "libsystemd0",
    "libcap2",
    "libgcrypt20",
    "libgpg-error0",
    "liblz4-1",
    "liblzma5",
    "libzstd1",
  ],
  "to test services behind a connection pooler",
);

export interface TestPooler {
  port: number;
  /** The URL of a database, through the pooler. */
  through(url: string): string;
  stop(): void;
}

/**
 * Starts PgBouncer in transaction mode in front of a server, for all its databases. It reads the roles' passwords
 * from the server, so it also admits roles that are created later.
 * @param server the superuser's URL
 * @param connections the most connections to the server per database and role
 * @param addresses addresses to listen on besides 127.0.0.1
 */
export async function startPgBouncer(
  server: string,
  connections: number,
  ...addresses: string[]
): Promise<TestPooler> {
  const { program, LD_LIBRARY_PATH } = await pgBouncer.ensure();
  const { hostname, port, username, password } = new URL(server);
  const listenPort = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "marquee-test-pgbouncer-"));
  const users = join(folder, "users.txt");
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`);
  const configuration = join(folder, "pgbouncer.ini");
  writeFileSync(
    configuration,
    `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = ${["127.0.0.1", ...addresses].join(", ")}
listen_port = ${listenPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
auth_user = ${username}
pool_mode = transaction
default_pool_size = ${connections}
min_pool_size = ${connections}
; Successive transactions of a client run in different sessions, as they may under load.
server_round_robin = 1
max_client_conn = 500
`,
  );
  chmodSync(folder, 0o755);
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(program, [...user, configuration], {
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const stop = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const through = (url: string) =>
    Object.assign(new URL(url), { port: listenPort }).href;
  await until(
    () => answers(through(server)),
    () => `PgBouncer to start: ${output}`,
  ).catch((error) => {
    stop();
    throw error;
  });
  return { port: listenPort, through, stop };
}

/**
 * Starts a server behind PgBouncer for the calling suite.
 * @param connections the most connections to the server per database and role
 */
export function usePgBouncer(connections: number): {
  server(): TestServer;
  through: TestPooler["through"];
} {
  let server: TestServer;
  let pooler: TestPooler;
  before(async function () {
    this.timeout(300_000); // the image may have to be built
    server = await startServer();
    pooler = await startPgBouncer(server.url, connections);
  });
  after(() => pooler?.stop());
  return { server: () => server, through: (url) => pooler.through(url) };
}
