import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { PaymentUnavailableError } from "../../../../services/streaming/clients/errors.ts";
import { createPaymentClient } from "../../../../services/streaming/clients/payment.ts";
import type { Outcome } from "../../../../services/streaming/clients/payment-responses.ts";
import { newUser, useSystem } from "../../../support/streaming/system.ts";
import { answer, useUpstream } from "../../../support/streaming/upstream.ts";

const card = (number: string, more: Record<string, unknown> = {}) => ({
  ...{ type: "card" as const, number },
  ...{ exp_month: 12, exp_year: 2030, cvc: "123" },
  ...more,
});
const visa = card("4242424242424242");

function isKind<Kind extends string, Value>(
  outcome: Outcome<Value>,
  kind: Kind,
) {
  assert.equal(outcome.kind, kind, inspect(outcome));
  return outcome as Extract<Outcome<Value>, { kind: Kind }>;
}

describe("Payment client, with payment itself", () => {
  const system = useSystem();
  const client = () => createPaymentClient({ paymentUrl: system.paymentUrl });

  it("returns the plans, the smallest first", async () => {
    const [basic, ...more] = await client().plans();
    assert.ok(basic);
    assert.equal(more.length, 2);
    assert.equal(basic.id, "basic");
    assert.ok(Number.isInteger(basic.amount));
    assert.match(basic.currency, /^[A-Z]{3}$/);
    assert.match(basic.includes.resolution, /^\d+p$/);
  });

  it("returns no subscriptions and no payments of a new user", async () => {
    const { token } = await newUser(system);
    const nothing = { data: [], hasMore: false };
    assert.deepEqual(await client().subscriptionsOf(token), nothing);
    assert.deepEqual(await client().paymentsOf(token), nothing);
  });

  for (const ask of ["subscriptionsOf", "paymentsOf"] as const)
    it(`rejects an invalid token with 401 in ${ask}`, async () => {
      await assert.rejects(client()[ask]("a.b.c"), { status: 401 });
    });

  it("subscribes, cancels, resumes and changes the card", async () => {
    const { token } = await newUser(system);
    const key = randomUUID();
    const order = { plan: "standard", method: visa };
    const done = await client().subscribe(token, key, order);
    const { value } = isKind(done, "done");
    assert.equal(value.status, "active");
    assert.deepEqual(value.method, { brand: "visa", last4: "4242" });
    // Repeats the request with the same key.
    assert.deepEqual(await client().subscribe(token, key, order), done);

    const { data } = await client().paymentsOf(token);
    assert.deepEqual(
      data.map(({ status, amount }) => ({ status, amount })),
      [{ status: "succeeded", amount: value.amount }],
    );

    const { id } = value;
    const canceled = await client().cancel(token, randomUUID(), id);
    assert.equal(isKind(canceled, "done").value.cancel_at_period_end, true);
    const resumed = await client().resume(token, randomUUID(), id);
    assert.equal(isKind(resumed, "done").value.cancel_at_period_end, false);
    const method = card("5555555555554444");
    const changed = await client().changeMethod(token, randomUUID(), id, {
      method,
    });
    assert.equal(isKind(changed, "done").value.method.last4, "4444");
    const now = await client().cancel(token, randomUUID(), id, "now");
    assert.equal(isKind(now, "done").value.status, "canceled");
    const [only, ...more] = (await client().subscriptionsOf(token)).data;
    assert.deepEqual(more, []);
    assert.equal(only?.status, "canceled");
  });

  it("reports a declined card, with a message for the customer", async () => {
    const { token } = await newUser(system);
    const declined = await client().subscribe(token, randomUUID(), {
      plan: "basic",
      method: card("4000000000009995"),
    });
    const { message, code } = isKind(declined, "declined");
    assert.equal(code, "insufficient_funds");
    assert.match(message, /insufficient funds/i);
  });

  it("reports which field is invalid", async () => {
    const { token } = await newUser(system);
    const wrong = async (method: ReturnType<typeof card>, plan = "basic") => {
      const order = { plan, method };
      const outcome = await client().subscribe(token, randomUUID(), order);
      return isKind(outcome, "invalid").errors.map(({ pointer }) => pointer);
    };
    assert.deepEqual(await wrong(card("4242424242424241")), ["/method/number"]);
    assert.deepEqual(await wrong(card("4242424242424242", { cvc: "1" })), [
      "/method/cvc",
    ]);
    assert.deepEqual(await wrong(visa, "huge"), ["/plan"]);
  });

  it("reports that the bank has to approve, and its URL", async () => {
    const { token } = await newUser(system);
    const pending = await client().subscribe(token, randomUUID(), {
      plan: "premium",
      method: card("4000000000003220"),
      return_url: `${system.url}/account`,
    });
    const { value } = isKind(pending, "pending");
    assert.equal(value.status, "incomplete");
    assert.match(value.next_action?.url ?? "", /^\/sandbox\/authenticate\//);
  });

  it("reports a second subscription as a conflict, and an unknown one as missing", async () => {
    const { token } = await newUser(system);
    const order = { plan: "basic", method: visa };
    const first = await client().subscribe(token, randomUUID(), order);
    const { id } = isKind(first, "done").value;
    const second = await client().subscribe(token, randomUUID(), order);
    assert.match(isKind(second, "conflict").message, /subscription/);

    const { token: other } = await newUser(system);
    const theirs = await client().cancel(other, randomUUID(), id);
    isKind(theirs, "none");
    const odd = await client().cancel(token, randomUUID(), "../pay?x=#");
    isKind(odd, "none");
  });
});

describe("Payment client, while payment fails", () => {
  const payment = useUpstream();
  const client = (timeoutMs = 10_000) =>
    createPaymentClient({
      paymentUrl: payment.url,
      timings: {
        readTimeoutMs: timeoutMs,
        changeTimeoutMs: timeoutMs,
        pollMs: 20,
      },
    });
  const subscription = {
    ...{ id: randomUUID(), plan: "basic", amount: 799, currency: "EUR" },
    ...{ interval: "P1M", status: "active", cancel_at_period_end: false },
    method: { brand: "visa", last4: "4242" },
    created_at: new Date().toISOString(),
    something_new: true,
  };
  const order = { plan: "basic", method: visa };
  const assertUnavailable = (work: Promise<unknown>) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof PaymentUnavailableError, inspect(error));
      assert.doesNotMatch(inspect(error, { depth: 9 }), /4242424242424242/);
      return true;
    });

  const broken: Record<string, (response: ServerResponse) => unknown> = {
    "answers 500": (response) => answer(response, 500, {}),
    "answers 503": (response) => answer(response, 503, { detail: "away" }),
    "answers 400": (response) => answer(response, 400, { detail: "no key" }),
    "drops its connections": (response) => response.destroy(),
    "answers with HTML": (response) => response.end("<html>"),
    "answers with an invalid body": (response) =>
      answer(response, 200, { data: 1 }),
    "declines without a reason": (response) => answer(response, 402, {}),
    "never answers": () => {},
  };
  for (const [what, handler] of Object.entries(broken))
    it(`fails with PaymentUnavailableError for reads and changes when payment ${what}`, async () => {
      payment.handler = (_, response) => handler(response);
      const timeoutMs = what === "never answers" ? 250 : 10_000;
      await assertUnavailable(client(timeoutMs).plans());
      await assertUnavailable(client(timeoutMs).subscriptionsOf("t"));
      await assertUnavailable(client(timeoutMs).subscribe("t", "k", order));
    });

  it("fails with PaymentUnavailableError for reads and changes when payment is unreachable", async () => {
    await payment.down();
    await assertUnavailable(client().paymentsOf("t"));
    await assertUnavailable(client().subscribe("t", "k", order));
  });

  it("retries a change with the same key and the same body", async () => {
    const bodies: string[] = [];
    payment.handler = async (request, response) => {
      bodies.push(await text(request));
      if (payment.requests.length === 1) response.destroy();
      else answer(response, 201, subscription);
    };
    const outcome = await client().subscribe("t", "key-1", order);
    const { something_new: _, ...expected } = subscription;
    assert.deepEqual(isKind(outcome, "done").value, expected);
    assert.deepEqual(bodies, [JSON.stringify(order), JSON.stringify(order)]);
    for (const { headers } of payment.requests) {
      assert.equal(headers["idempotency-key"], "key-1");
      assert.equal(headers.authorization, "Bearer t");
    }
  });

  it("waits while the first attempt is in flight", async () => {
    payment.handler = (_, response) => {
      if (payment.requests.length === 1) return;
      if (payment.requests.length < 5)
        answer(response, 409, { detail: "in flight" }, { "retry-after": "1" });
      else answer(response, 201, subscription);
    };
    isKind(await client(1_000).subscribe("t", "k", order), "done");
    assert.equal(payment.requests.length, 5);
  });

  it("gives up when the first attempt stays in flight", async () => {
    payment.handler = (_, response) =>
      answer(response, 409, { detail: "in flight" }, { "retry-after": "1" });
    await assertUnavailable(client().subscribe("t", "k", order));
  });

  it("retries a read once", async () => {
    payment.handler = (_, response) =>
      payment.requests.length === 1
        ? response.destroy()
        : answer(response, 200, { data: [] });
    assert.deepEqual(await client().plans(), []);
    payment.requests = [];
    payment.handler = (_, response) => response.destroy();
    await assertUnavailable(client().plans());
    assert.equal(payment.requests.length, 2);
  });

  it("does not retry a payment that was declined", async () => {
    payment.handler = (_, response) =>
      answer(response, 402, { detail: "Declined.", code: "card_declined" });
    assert.deepEqual(await client().subscribe("t", "k", order), {
      kind: "declined",
      message: "Declined.",
      code: "card_declined",
    });
    assert.equal(payment.requests.length, 1);
  });
});
