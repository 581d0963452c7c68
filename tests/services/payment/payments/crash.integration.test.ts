import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createPayment } from "../../../../services/payment/app.ts";
import {
  crashingDatabase,
  crashingProcessor,
  StepBudget,
} from "../../../support/payment/crash.ts";
import type { Behaviour } from "../../../support/payment/processor.ts";
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

interface Request {
  path: string;
  body: unknown;
  by: string;
}

/** A client's request, its preconditions and its expected results. */
interface Scenario {
  what: string;
  /** Creates the preconditions, and returns the request. */
  prepare(): Promise<Request>;
  /** The processor's behaviour for each request. */
  behaviours?: Behaviour[];
  /** The statuses allowed in the final response. */
  statuses: number[];
  /** Asserts the final state. */
  after?(request: Request): Promise<void>;
}

describe("Payment when a replica crashes between any two steps", () => {
  const replicas = usePayments();

  /** Sends the request to a replica that crashes after this many steps. */
  async function sendToCrashing(
    { path, body, by }: Request,
    key: string,
    budget: StepBudget,
    steps = Number.POSITIVE_INFINITY,
  ): Promise<Response> {
    const service = createPayment({
      database: crashingDatabase(replicas.second.database, budget),
      processor: crashingProcessor(replicas.processor, budget),
      ...{ user, keyEncryptionKey, operatorKey },
      times: { pollMs: 3_600_000 },
    });
    await service.start();
    budget.end(steps);
    try {
      const app = {
        request: async (p: string, i?: RequestInit) =>
          service.app.request(p, i),
      };
      return await post({ app }, path, body, by, key);
    } finally {
      await service.shutdown();
    }
  }

  const agreed = async (userId: string) => {
    const { user_id, ...body } = payment(userId);
    return jsonOf(await post(replicas.first, "/payments", body, userId), 201);
  };
  const paid = async (userId: string, method = "pm_ok") => {
    const body = payment(userId, { method });
    return (await (
      await post(replicas.first, "/pay", body, userId)
    ).json()) as Shown;
  };

  const pays = (method: string) => async () => {
    const by = randomUUID();
    return { path: "/pay", body: payment(by, { method }), by };
  };
  /** Asserts that the user has one payment and one charge. */
  const chargedOnce = async ({ by }: Request) => {
    const { data } = await jsonOf<{ data: Shown[] }>(
      await get(replicas.first, "/payments", by),
      200,
    );
    assert.equal(data.length, 1, "expected one payment");
    const ids = new Set(data.map(({ id }) => id));
    const charges = [...replicas.processor.charges.values()].filter(
      ({ request }) => ids.has(request.paymentId),
    );
    assert.equal(charges.length, 1, "expected one charge of the card");
  };

  const scenarios: Scenario[] = [
    {
      what: "a payment",
      prepare: pays("pm_ok"),
      statuses: [200, 202],
      after: chargedOnce,
    },
    {
      what: "a payment whose answer from the processor is lost",
      prepare: pays("pm_ok"),
      behaviours: ["answer lost"],
      statuses: [200, 202],
      after: chargedOnce,
    },
    {
      what: "a declined payment",
      prepare: pays("pm_declined"),
      statuses: [402],
      after: chargedOnce,
    },
    {
      what: "a payment that requires an action",
      prepare: pays("pm_action"),
      statuses: [202],
      after: chargedOnce,
    },
    {
      what: "an unconfirmed payment",
      async prepare() {
        const by = randomUUID();
        const { user_id, ...body } = payment(by);
        return { path: "/payments", body, by };
      },
      statuses: [201],
    },
    {
      what: "a confirmation",
      async prepare() {
        const by = randomUUID();
        const { id } = await agreed(by);
        return { path: `/payments/${id}/confirm`, body: undefined, by };
      },
      statuses: [200],
      after: chargedOnce,
    },
    {
      what: "the cancellation of a payment that requires an action",
      async prepare() {
        const by = randomUUID();
        const { id } = await paid(by, "pm_action");
        return { path: `/payments/${id}/cancel`, body: undefined, by };
      },
      statuses: [200],
      async after({ path, by }) {
        const { status } = await jsonOf(
          await get(replicas.first, path.replace("/cancel", ""), by),
          200,
        );
        assert.equal(status, "canceled");
      },
    },
    {
      what: "a refund",
      async prepare() {
        const { id } = await paid(randomUUID());
        const path = `/payments/${id}/refunds`;
        return { path, body: { amount: 700 }, by: "operator" };
      },
      statuses: [201, 202],
      async after({ path }) {
        const { data } = await jsonOf<{ data: { status: string }[] }>(
          await get(replicas.first, path, "operator"),
          200,
        );
        assert.deepEqual(
          data.map(({ status }) => status),
          ["succeeded"],
        );
      },
    },
    {
      what: "a refund whose answer from the processor is lost",
      async prepare() {
        const { id } = await paid(randomUUID());
        const path = `/payments/${id}/refunds`;
        return { path, body: { amount: 700 }, by: "operator" };
      },
      behaviours: ["answer lost"],
      statuses: [201, 202],
      async after({ path }) {
        const { data } = await jsonOf<{ data: { status: string }[] }>(
          await get(replicas.first, path, "operator"),
          200,
        );
        assert.deepEqual(
          data.map(({ status }) => status),
          ["succeeded"],
        );
      },
    },
  ];

  for (const { what, prepare, behaviours, statuses, after } of scenarios)
    it(`finishes ${what}, exactly once`, async function () {
      this.timeout("10m");
      const unlimited = new StepBudget();
      const preparedRequest = await prepare();
      replicas.processor.next.splice(0, Infinity, ...(behaviours ?? []));
      const well = await sendToCrashing(
        preparedRequest,
        randomUUID(),
        unlimited,
      );
      assert.ok(statuses.includes(well.status), await well.text());
      assert.ok(unlimited.steps > 8, `${unlimited.steps} steps`);

      for (let step = 0; step <= unlimited.steps; step++) {
        const request = await prepare();
        const key = randomUUID();
        replicas.processor.next.splice(0, Infinity, ...(behaviours ?? []));
        const crashed = await sendToCrashing(
          request,
          key,
          new StepBudget(),
          step,
        );
        replicas.processor.next.length = 0;
        // At odd steps the client retries before another replica recovers, at even steps after.
        if (step % 2 === 0) await recoverAll(replicas.first);
        const { path, body, by } = request;
        let answer = await post(replicas.first, path, body, by, key);
        if (answer.status === 409) {
          await recoverAll(replicas.first);
          answer = await post(replicas.first, path, body, by, key);
        }
        const text = await answer.text();
        const when = `crashed at step ${step} of ${unlimited.steps}: ${text}`;
        assert.ok(statuses.includes(answer.status), when);
        if (crashed.status < 500 && crashed.status !== 409)
          assert.equal(await crashed.text(), text, when);
        const again = await post(replicas.first, path, body, by, key);
        assert.equal(await again.text(), text, when);
        await recoverAll(replicas.first);
        await after?.(request);
        await assertInvariants(replicas);
      }
    });
});
