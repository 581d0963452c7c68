import { randomBytes } from "node:crypto";
import pg from "pg";
import type { DatabaseSettings } from "../../../config/database.ts";
import { postgresImage } from "../docker.ts";
import { startServer, type TestServer } from "../postgres.ts";
import { asInPod, type End, ok, useContainers } from "./containers.ts";
import { provisioning } from "./databases.ts";

/** The host names of the server. */
const names = ["postgres", "db.example.com", "postgres.local"];

interface Conditions {
  /** @default the superuser's */
  adminPassword?: string;
  /** The address that the Job connects to. @default the server's own */
  address?: string;
  /** @default dev */
  stack?: string;
  /** The connection limit of each service's role. @default 65 */
  connectionLimits?: Record<string, number>;
  /** Seconds to wait for the server. @default the Job's own */
  patience?: number;
}

/**
 * Gives the calling suite a server, and the Job that creates roles and databases there.
 * @param serverSettings of the server, such as "max_connections=20"
 */
export function useProvisioning(...serverSettings: string[]) {
  const { runToEnd } = useContainers();
  let server: TestServer;
  let serverAddress: string;
  const admin = () => decodeURIComponent(new URL(server.url).password);

  before(async function () {
    this.timeout(300_000); // the image may have to be built
    server = await startServer(...serverSettings);
    const format = "{{.NetworkSettings.IPAddress}}";
    serverAddress = await ok(["inspect", "--format", format, server.container]);
  });

  /** Runs SQL at a database URL; returns the last statement's rows. */
  async function run(url: URL | string, sql: string): Promise<object[]> {
    const client = new pg.Client(String(url));
    client.on("error", () => {}); // the query rejects, too
    try {
      await client.connect();
      const results = [await client.query(sql)].flat();
      return results.at(-1)?.rows as object[];
    } finally {
      await client.end();
    }
  }

  return {
    admin,
    /** The server's container. */
    container: () => server.container,
    /** The superuser's URL. */
    url: () => server.url,
    /** Two unused names for roles. */
    names: (): [string, string] => {
      const name = () => `role_${randomBytes(6).toString("hex")}`;
      return [name(), name()];
    },
    /** Runs SQL as the superuser. */
    query: (sql: string) => run(server.url, sql),
    /** Runs SQL as a role, in its own database or another. */
    asRole(role: string, password: string, sql: string, database = role) {
      const url = new URL(server.url);
      url.username = role;
      url.password = encodeURIComponent(password);
      url.pathname = `/${database}`;
      return run(url, sql);
    },
    /** Runs the Job's container as the cluster would; `names` resolve to the server. */
    async provision(
      settings: DatabaseSettings,
      passwords: Record<string, string>,
      {
        adminPassword = admin(),
        address = serverAddress,
        stack,
        connectionLimits,
        patience,
      }: Conditions = {},
    ): Promise<End> {
      const job = await provisioning(
        { ...settings, image: postgresImage },
        adminPassword,
        passwords,
        stack,
        connectionLimits,
      );
      const { spec } = job.spec.template;
      const [container] = spec.containers;
      if (patience !== undefined)
        container.env.push({ name: "PATIENCE", value: `${patience}` });
      const hosts = Object.fromEntries(names.map((name) => [name, address]));
      return runToEnd(asInPod(spec, container, { hosts }));
    },
  };
}
