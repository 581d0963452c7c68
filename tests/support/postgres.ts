import { randomBytes } from "node:crypto";
import pg from "pg";
import { testLabel } from "../../local/docker/test-containers.ts";
import { CommandError, run } from "../../local/host/command.ts";
import { timeouts } from "../../packages/service-kit/database/timeouts.ts";
import { newName, postgresImage, prepareDocker } from "./docker.ts";
import { freePort } from "./free-port.ts";
import { until } from "./until.ts";

export interface TestServer {
  /** The container's name, for operations that need `docker`. */
  container: string;
  /** The superuser's URL; the port stays the same when the server is stopped and started again. */
  url: string;
}

/**
 * Starts the cluster's PostgreSQL image in Docker. The container is removed with its data when the tests end.
 * @param settings of the server, such as "max_connections=20"
 */
export async function startServer(...settings: string[]): Promise<TestServer> {
  await prepareDocker();
  const password = randomBytes(12).toString("hex");
  const { container, port } = await onFreePort((port) => [
    ...["--publish", `127.0.0.1:${port}:5432`, "--shm-size", "128m"],
    ...["--env", `POSTGRES_PASSWORD=${password}`],
    postgresImage,
    ...settings.flatMap((setting) => ["-c", setting]),
  ]);
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await until(
    () => answers(url),
    async () =>
      `PostgreSQL to start: ${await run("sh", ["-c", `docker logs ${container} 2>&1`])}`,
  );
  return { container, url };
}

/**
 * Starts a container that publishes a port of this machine, and tries another port if that one is taken. Docker would
 * choose a new port each time the container is started.
 * @param args the arguments of `docker run` for a port
 */
export async function onFreePort(
  args: (port: number) => string[],
  choose: () => number | Promise<number> = freePort,
): Promise<{ container: string; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const [container, port] = [newName(), await choose()];
    const named = ["--detach", "--name", container, ...testLabel];
    try {
      await run("docker", ["run", ...named, ...args(port)]);
      return { container, port };
    } catch (error) {
      const taken =
        error instanceof CommandError &&
        /port is already allocated|address already in use/.test(error.output);
      if (!taken || attempt === 10) throw error;
      await run("docker", ["rm", "--force", "--volumes", container]);
    }
  }
}

/** Whether a server accepts connections. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
  });
  client.on("error", () => {}); // the server may stop meanwhile
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
 * Creates an empty database for the calling suite on a server that all suites share. Its owner has no other rights,
 * like the services' roles in the cluster.
 * @returns a getter for the database's URL, valid once the suite runs
 */
export function useDatabase(): () => string {
  let url = "";
  before(async function () {
    this.timeout(300_000); // the image may have to be built
    shared ??= startServer();
    url = await createDatabase((await shared).url);
  });
  return () => url;
}

/** SQL that sets a role's timeouts, like the provisioning Job. */
export const setTimeouts = (role: string): string =>
  Object.entries(timeouts)
    .map(([name, ms]) => `ALTER ROLE ${role} SET ${name} = ${ms};`)
    .join("");

/** Creates a role and a database that it owns, and returns the database's URL. */
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
