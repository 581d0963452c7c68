import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { createPayment } from "../../../../services/payment/app.ts";
import {
  crashingDatabase,
  crashingProcessor,
  StepBudget,
} from "../../../support/payment/crash.ts";
import {
  assertInvariants,
  get,
  jsonOf,
  keyEncryptionKey,
  operatorKey,
  payment,
  post,
  recoverAll,
  type Shown,
  usePayments,
  user,
} from "../../../support/payment/service.ts";

describe("Payment with concurrent clients", () => {
  const replicas = usePayments();
  afterEach(() => assertInvariants(replicas));

  const paymentsOf = async (by: string) =>
    (
      await jsonOf<{ data: Shown[] }>(
        await get(replicas.first, "/payments?limit=100", by),
        200,
      )
    ).data;
  const chargesOf = (payments: Shown[]) => {
    const ids = new Set(payments.map(({ id }) => id));
    return [...replicas.processor.charges.values()].filter(({ request }) =>
      ids.has(request.paymentId),
    );
  };

  it("charges once for concurrent requests with the same key", async () => {
    for (let round = 0; round < 5; round++) {
      const by = randomUUID();
      const key = randomUUID();
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          post(
            i % 2 ? replicas.first : replicas.second,
            "/pay",
            payment(by),
            by,
            key,
          ),
        ),
      );
      const good = all.filter(({ status }) => status === 200);
      assert.ok(good.length > 0);
      assert.ok(
        all.every(({ status }) => status === 200 || status === 409),
        all.map(({ status }) => status).join(),
      );
      const texts = await Promise.all(good.map((one) => one.text()));
      assert.equal(new Set(texts).size, 1);
      assert.equal(chargesOf(await paymentsOf(by)).length, 1);
    }
  });

  it("charges once for two bodies sent concurrently with the same key", async () => {
    for (let round = 0; round < 10; round++) {
      const by = randomUUID();
      const key = randomUUID();
      const all = await Promise.all(
        [1, 2, 1, 2, 1, 2].map((amount, i) =>
          post(
            i % 2 ? replicas.first : replicas.second,
            "/pay",
            payment(by, { amount }),
            by,
            key,
          ),
        ),
      );
      for (const { status } of all)
        assert.ok([200, 409, 422].includes(status), `${status}`);
      assert.equal(chargesOf(await paymentsOf(by)).length, 1);
    }
  });

  const behaviour = fc.constantFrom(
    ...(["well", "well", "well", "answer lost", "unreachable"] as const),
  );
  const requests = fc.array(
    fc.record({
      /** Two users with three keys each, so that many requests repeat. */
      by: fc.nat({ max: 1 }),
      key: fc.nat({ max: 2 }),
      amount: fc.constantFrom(100, 100, 100, 250),
      method: fc.constantFrom("pm_ok", "pm_ok", "pm_declined", "pm_action"),
      /** The replica; a number makes it crash after that many steps. */
      on: fc.oneof(
        fc.constantFrom("first" as const, "second" as const),
        fc.integer({ min: 0, max: 40 }),
      ),
    }),
    { minLength: 2, maxLength: 12 },
  );

  it("neither charges twice nor loses a payment when replicas crash and processor answers are lost", async function () {
    this.timeout("10m");
    await fc.assert(
      fc.asyncProperty(
        requests,
        fc.array(behaviour, { maxLength: 20 }),
        async (requests, behaviours) => {
          const users = [randomUUID(), randomUUID()];
          const run = randomUUID();
          replicas.processor.next.splice(0, Infinity, ...behaviours);
          const send = async ({
            by,
            key,
            amount,
            method,
            on,
          }: (typeof requests)[number]) => {
            const body = payment(users[by] as string, { amount, method });
            const name = `${run}-${key}`;
            if (typeof on === "string")
              return post(
                replicas[on],
                "/pay",
                body,
                users[by] as string,
                name,
              );
            const app = crashing(on);
            return post({ app }, "/pay", body, users[by] as string, name);
          };
          const responses = await Promise.all(requests.map(send));
          replicas.processor.next.length = 0;
          await recoverAll(replicas.second);

          /** By user and key: the final responses, which must all be equal. */
          const answers = new Map<string, Set<string>>();
          for (const [i, response] of responses.entries()) {
            const request = requests[i] as (typeof requests)[number];
            if ([409, 422, 500, 503].includes(response.status)) continue;
            const name = `${request.by} ${request.key}`;
            const bodies = answers.get(name) ?? new Set();
            answers.set(name, bodies.add(await response.text()));
          }
          for (const request of requests) {
            const again = await send({ ...request, on: "first" });
            if (again.status === 422) continue; // the key belongs to another body
            assert.ok([200, 202, 402].includes(again.status));
            const name = `${request.by} ${request.key}`;
            const bodies = answers.get(name) ?? new Set();
            answers.set(name, bodies.add(await again.text()));
          }
          await recoverAll(replicas.first);
          for (const [name, bodies] of answers)
            assert.equal(
              bodies.size,
              1,
              `${name}: ${[...bodies].join(" or ")}`,
            );
          for (const [by, userId] of users.entries()) {
            const keys = [...answers.keys()].filter((name) =>
              name.startsWith(`${by} `),
            );
            const payments = await paymentsOf(userId);
            assert.equal(payments.length, keys.length);
            assert.equal(chargesOf(payments).length, payments.length);
            for (const { status } of payments)
              assert.notEqual(status, "processing");
          }
          await assertInvariants(replicas);
        },
      ),
      { numRuns: 60 },
    );
  });

  /** A replica that crashes after this many steps of a request. */
  function crashing(steps: number) {
    const budget = new StepBudget(Number.POSITIVE_INFINITY);
    const { database } = replicas.second;
    const service = createPayment({
      database: crashingDatabase(database, budget),
      processor: crashingProcessor(replicas.processor, budget),
      ...{ user, keyEncryptionKey, operatorKey },
      times: { pollMs: 3_600_000 },
    });
    return {
      async request(path: string, init?: RequestInit) {
        await service.start();
        budget.end(steps);
        const response = await service.app.request(path, init);
        await service.shutdown();
        return response;
      },
    };
  }
});
