import assert from "node:assert/strict";
import type pg from "pg";
import { connectionLimits } from "../../config/connection-limits.ts";
import { poolSize } from "../../packages/service-kit/database/pool-size.ts";
import {
  type Database,
  DatabaseUnavailableError,
  openDatabase,
} from "../../packages/service-kit/index.ts";
import {
  names as services,
  settingsOf,
} from "../support/components/configurations.ts";
import { useProvisioning } from "../support/components/provisionings.ts";

describe("Connection limits on a server with the minimum number of connections", function () {
  this.timeout("10m");
  // 25 for 2 pods, 15 for 1, 75 for 7, and 10 for administration.
  const maxConnections = 125;
  const settings = settingsOf({
    services: {
      auth: { replicas: 2 },
      payment: { replicas: 1 },
      streaming: { autoscale: { max: 7 } },
    },
    database: { maxConnections },
  });
  const pods = { auth: 2, payment: 1, streaming: 7 };
  const { provision, query, url } = useProvisioning(
    `max_connections=${maxConnections}`,
  );
  const passwords = Object.fromEntries(
    services.map((name) => [name, "hunter2"]),
  );
  const limits = connectionLimits(settings.services, services);
  const opened: Database[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  const provisioned = async (limits: Record<string, number>) => {
    const { code, stderr } = await provision(settings.database, passwords, {
      connectionLimits: limits,
    });
    assert.deepEqual([code, stderr], [0, ""]);
  };

  /** Opens a pod's pool, and uses all its connections at once. */
  const startPod = async (service: string) => {
    const address = new URL(url());
    address.username = service;
    address.password = passwords[service] as string;
    address.pathname = `/${service}`;
    const database = openDatabase({ DATABASE_URL: address.href });
    opened.push(database);
    let used = 0;
    let allUsed = () => {};
    const all = new Promise<void>((resolve) => {
      allUsed = resolve;
    });
    await Promise.all(
      Array.from({ length: poolSize }, () =>
        database.transaction(async (tx) => {
          await tx.query("SELECT 1");
          if (++used === poolSize) allUsed();
          await all;
        }),
      ),
    );
  };
  /** Starts twice as many pods as there are, as a rollout does. */
  const rollOut = async () => {
    for (const service of services)
      for (let pod = 0; pod < 2 * pods[service]; pod++) await startPod(service);
  };
  const sessions = () =>
    query(
      "SELECT usename AS service, count(*)::int FROM pg_stat_activity WHERE usename IN ('auth', 'payment', 'streaming') GROUP BY 1 ORDER BY 1",
    );

  it("leaves enough connections for every pod of a rollout, the administrator and the Job", async () => {
    await provisioned(limits);
    assert.deepEqual(
      await query(
        "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname IN ('auth', 'payment', 'streaming') ORDER BY 1",
      ),
      [
        { rolname: "auth", rolconnlimit: 65 },
        { rolname: "payment", rolconnlimit: 65 },
        { rolname: "streaming", rolconnlimit: 75 },
      ],
    );
    await rollOut();
    assert.deepEqual(await sessions(), [
      { service: "auth", count: 20 },
      { service: "payment", count: 10 },
      { service: "streaming", count: 70 },
    ]);
    await provisioned(limits);
  });

  it("rejects connections beyond a role's limit", async () => {
    await provisioned({ ...limits, streaming: 65 });
    await assert.rejects(rollOut(), (error) => {
      assert.ok(error instanceof DatabaseUnavailableError);
      assert.equal((error.cause as pg.DatabaseError).code, "53300");
      return true;
    });
  });
});
