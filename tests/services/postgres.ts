import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import pg from "pg";
import { canInstall } from "../../local/debian.ts";
import { ensureDockerEngine } from "../../local/docker-engine.ts";
import { eventually, run } from "../../local/host.ts";
import {
  ensurePostgresImage,
  localPostgres,
} from "../../local/postgres/image.ts";
import { timeouts } from "../../services/runtime/database/timeouts.ts";

/** Docker's official image, where ours can't be made. */
const official = "postgres:17";

export interface TestServer {
  /** The container's name, for what only `docker` can do to it. */
  container: string;
  /** The superuser's URL; the port stays the same when the server is stopped and started again. */
  url: string;
}

/**
 * Starts PostgreSQL in Docker, the image that the cluster runs. It goes away with its data when the tests end.
 * @param settings of the server, such as "max_connections=20"
 */
export async function startServer(...settings: string[]): Promise<TestServer> {
  await ensureDockerEngine();
  if (canInstall()) await ensurePostgresImage();
  const container = `marquee-test-${randomBytes(6).toString("hex")}`;
  const port = 20_000 + (randomBytes(2).readUInt16BE() % 10_000);
  const password = randomBytes(12).toString("hex");
  await run("docker", [
    ...["run", "--detach", "--name", container],
    ...["--publish", `127.0.0.1:${port}:5432`, "--shm-size", "128m"],
    ...["--env", `POSTGRES_PASSWORD=${password}`],
    canInstall() ? localPostgres : official,
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  process.once("exit", () =>
    execFileSync("docker", ["rm", "--force", "--volumes", container], {
      stdio: "ignore",
    }),
  );
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  if (!(await eventually(() => answers(url), 30_000)))
    throw new Error(
      `PostgreSQL did not start: ${await run("sh", ["-c", `docker logs ${container} 2>&1`])}`,
    );
  return { container, url };
}

/** Whether a server takes connections. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
  });
  client.on("error", () => {}); // it goes away while we ask
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

let shared: Promise<TestServer> | undefined;

/**
 * For the suite that calls it: an empty database of its own, on a server that all suites share, owned by a role that may do
 * nothing else, as services have it in the cluster.
 * @returns what gives the database's URL, once the suite runs
 */
export function useDatabase(): () => string {
  let url = "";
  before(async function () {
    this.timeout(120_000); // the image may have to be made
    shared ??= startServer();
    url = await createDatabase((await shared).url);
  });
  return () => url;
}

/** SQL that gives a role the timeouts, as the provisioning Job does. */
export const setTimeouts = (role: string): string =>
  Object.entries(timeouts)
    .map(([name, ms]) => `ALTER ROLE ${role} SET ${name} = ${ms};`)
    .join("");

/** Makes a role and a database that it owns; returns its URL. */
export async function createDatabase(server: string): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'test'`);
  await client.query(setTimeouts(name));
  await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
  await client.end();
  const url = new URL(server);
  url.username = name;
  url.password = "test";
  url.pathname = `/${name}`;
  return url.href;
}
