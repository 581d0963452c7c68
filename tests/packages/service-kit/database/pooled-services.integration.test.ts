import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import pg from "pg";
import { json, startedAuth } from "../../../support/auth/program.ts";
import { jsonOf, type TestTokens } from "../../../support/auth/service.ts";
import { freePort } from "../../../support/free-port.ts";
import { startedPayment } from "../../../support/payment/program.ts";
import { usePgBouncer } from "../../../support/pgbouncer.ts";
import { createDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";
import { startedStreaming } from "../../../support/streaming/program.ts";

describe("auth, payment and streaming behind PgBouncer in transaction mode", function () {
  this.timeout("10m");
  const sessions = 2;
  const { server, through } = usePgBouncer(sessions);
  stopPrograms();

  it("migrates the databases and serves concurrent users with fewer sessions than connections", async () => {
    const [auth, payment, streaming] = await Promise.all(
      [1, 2, 3].map(() => createDatabase(server().url)),
    );
    const variables = (url: string) => ({ DATABASE_URL: through(url) });
    const port = `${await freePort()}`;
    const issuer = { ISSUER: `http://127.0.0.1:${port}` };
    const [first, second, ...payments] = await Promise.all([
      startedAuth(through(auth as string), { ...issuer, PORT: port }),
      startedAuth(through(auth as string), issuer),
      startedPayment({ ...variables(payment as string), ...issuer }),
      startedPayment({ ...variables(payment as string), ...issuer }),
    ]);
    const sites = await Promise.all(
      payments.map(({ url }) =>
        startedStreaming({
          ...{ ...variables(streaming as string), ...issuer },
          ...{ AUTH_URL: first.url, PAYMENT_URL: url },
        }),
      ),
    );

    const one = <T>(replicas: T[], n: number) =>
      replicas[n % replicas.length] as T;
    const auths = [first, second];
    const people: string[] = [];
    for (let n = 0; n < 16; n++) {
      // Sequential, because auth limits how many passwords it hashes at once.
      const credentials = {
        email: `${randomUUID()}@example.com`,
        password: "correct horse battery staple",
      };
      const response = await fetch(
        `${one(auths, n).url}/signup`,
        json(credentials),
      );
      people.push((await jsonOf<TestTokens>(response, 201)).access_token);
    }
    await Promise.all(
      people.map(async (token, n) => {
        const as = (method: string, body?: object): RequestInit => ({
          method,
          headers: {
            authorization: `Bearer ${token}`,
            "content-type": "application/json",
            "idempotency-key": randomUUID(),
          },
          ...(body && { body: JSON.stringify(body) }),
        });
        await jsonOf(await fetch(`${one(auths, n).url}/me`, as("GET")), 200);
        await jsonOf(
          await fetch(
            `${one(payments, n).url}/subscriptions`,
            as("POST", { plan: "basic", method: "pm_card_visa" }),
          ),
          201,
        );
        const { url } = one(sites, n);
        const id = "northern-lights";
        await jsonOf(await fetch(`${url}/playback/${id}`, as("POST")), 200);
        const kept = await fetch(
          `${url}/progress/${id}`,
          as("PUT", { position: 7 }),
        );
        assert.equal(kept.status, 204);
        const { data } = await jsonOf<{ data: { position: number }[] }>(
          await fetch(`${url}/progress`, as("GET")),
          200,
        );
        assert.deepEqual(
          data.map(({ position }) => position),
          [7],
        );
      }),
    );

    const admin = new pg.Client(server().url);
    await admin.connect();
    const { rows } = await admin.query(
      "SELECT usename, count(*)::int FROM pg_stat_activity WHERE usename LIKE 'test\\_%' GROUP BY 1",
    );
    await admin.end();
    assert.equal(rows.length, 3);
    for (const { count } of rows) assert.ok(count <= sessions, `${count}`);
  });
});
