import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../../../local/host/command.ts";
import { memoryProcessor } from "../../../support/payment/processor.ts";
import {
  assertInvariants,
  get,
  jsonOf,
  payment,
  post,
  recoverAll,
  replica,
  type Shown,
  type TestPayment,
} from "../../../support/payment/service.ts";
import {
  answers,
  createDatabase,
  startServer,
  type TestServer,
} from "../../../support/postgres.ts";
import { until } from "../../../support/until.ts";

/** A request that a client repeats until it gets a final response. */
interface Sent {
  by: string;
  key: string;
  path: string;
  body: unknown;
  /** The bodies of all final responses. */
  texts: Set<string>;
  statuses: number[];
}

describe("Payment when the database is killed under load", function () {
  this.timeout("10m");
  let server: TestServer;
  let replicas: TestPayment[];
  const processor = memoryProcessor();

  before(async () => {
    server = await startServer();
    const url = await createDatabase(server.url);
    replicas = [1, 2].map(() => replica(url, processor));
    for (const { service } of replicas) await service.start();
  });
  after(async () => {
    for (const { service, database } of replicas) {
      await service.shutdown();
      await database.close();
    }
  });

  it("neither charges twice nor loses a payment, and returns only 200, 202, 409 and 503", async () => {
    const [first, second] = replicas as [TestPayment, TestPayment];
    const all: Sent[] = [];
    let running = true;
    let odd: string | undefined;

    async function client(which: number) {
      while (running) {
        const by = randomUUID();
        const sent: Sent = {
          ...{ by, key: randomUUID(), path: "/pay", texts: new Set() },
          ...{ body: payment(by), statuses: [] },
        };
        all.push(sent);
        await untilAnswered(sent, which);
      }
    }
    /** Repeats the request with the same key, on alternating replicas, until it gets a final response. */
    async function untilAnswered(sent: Sent, which: number) {
      for (let i = which; ; i++) {
        const replica = i % 2 ? first : second;
        const { path, body, by, key } = sent;
        const answer = await post(replica, path, body, by, key);
        sent.statuses.push(answer.status);
        if (answer.status === 409 || answer.status === 503) {
          assert.ok(answer.headers.get("retry-after"));
          await sleep(100);
          continue;
        }
        const text = await answer.text();
        if (answer.status !== 200 && answer.status !== 202)
          odd ??= `${answer.status} ${text}`;
        sent.texts.add(text);
        return;
      }
    }

    const clients = Array.from({ length: 8 }, (_, i) => client(i));
    for (let kill = 0; kill < 3; kill++) {
      await sleep(1500);
      await run("docker", ["kill", server.container]);
      await sleep(1000);
      await run("docker", ["start", server.container]);
      await until(() => answers(server.url));
    }
    await sleep(1500);
    running = false;
    // Attempts that the outage interrupted are finished once their leases expire.
    const leases = setInterval(
      () => void recoverAll(first).catch(() => {}),
      500,
    );
    await Promise.all(clients);
    clearInterval(leases);
    await recoverAll(first);

    assert.equal(odd, undefined);
    const retried = all.filter(({ statuses }) => statuses.length > 1);
    assert.ok(
      retried.length > 0,
      "expected requests that were retried because of the kills",
    );
    for (const sent of all) {
      await untilAnswered(sent, 0);
      assert.equal(sent.texts.size, 1, [...sent.texts].join(" or "));
      const { data } = await jsonOf<{ data: Shown[] }>(
        await get(first, "/payments", sent.by),
        200,
      );
      assert.deepEqual(
        data.map(({ status }) => status),
        ["succeeded"],
      );
    }
    assert.equal(
      processor.charges.size,
      all.length,
      "expected one charge per request",
    );
    await assertInvariants({ first, processor });
  });
});
