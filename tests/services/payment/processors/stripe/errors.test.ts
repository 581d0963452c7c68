import assert from "node:assert/strict";
import { setImmediate as immediately } from "node:timers/promises";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import { createStripe } from "../../../../../services/payment/processors/stripe/stripe.ts";
import { useClock } from "../../../../support/clock.ts";
import {
  aCharge,
  rejects,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";
import {
  type Failure,
  secretKey,
} from "../../../../support/stripe/api-answers.ts";
import { webhookSecret } from "../../../../support/stripe/events.ts";

describe("Stripe processor: failures of the API", () => {
  const used = useStripe();
  const clock = useClock();
  let charged: number;
  beforeEach(() => {
    charged = used.api.charged();
  });
  const unavailable = (work: Promise<unknown>, expected: RegExp) =>
    rejects(work, ProcessorUnavailableError, expected);

  /** The processor with another timeout, in milliseconds. */
  const within = (timeoutMs: number) =>
    createStripe({
      secretKey,
      webhookSecret,
      apiUrl: used.api.url,
      timeoutMs,
    });

  /** Makes a charge that fails this way, and repeats it with the same key. */
  async function twice(
    failure: Failure,
    expected: RegExp,
    first = used.stripe,
  ) {
    const request = aCharge();
    used.api.next = [failure];
    await unavailable(first.charge(request), expected);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  }

  it("charges once when the answer times out", () =>
    twice("no answer", /^Stripe can't be reached: .*timeout/, within(400)));

  it("charges once when the answer is lost", () =>
    twice("answer lost", /^Stripe can't be reached/));

  it("charges once when Stripe is unreachable", () =>
    twice("unreachable", /^Stripe can't be reached/));

  it("charges once when Stripe answers 429", () =>
    twice("429", /^Stripe responded with 429, request req_of_the_tests/));

  it("charges once when Stripe answers 409 because the key is in use", () =>
    twice("409", /^Stripe responded with 409.*in-progress request/));

  it("reports a rejected secret key, and charges once the key is accepted", async () => {
    await twice("401", /does not accept STRIPE_SECRET_KEY \(401, request req_/);
    charged++;
    await twice("403", /does not accept STRIPE_SECRET_KEY \(403/);
  });

  it("finds a charge after a 500 that Stripe would replay", async () => {
    const request = aCharge();
    used.api.next = ["500 after"];
    const outcome = await used.stripe.charge(request);
    assert.equal(outcome.status, "succeeded");
    assert.deepEqual(await used.stripe.charge(request), outcome);
    assert.equal(used.api.charged(), charged + 1);
  });

  it("stays unavailable after a 500 until Stripe's search has indexed the charge", async () => {
    used.api.indexed = false;
    const request = aCharge();
    used.api.next = ["500 after"];
    await unavailable(
      used.stripe.charge(request),
      /^Stripe responded with 500/,
    );
    await unavailable(
      used.stripe.charge(request),
      /^Stripe responded with 500/,
    );
    used.api.index();
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("charges again after a 500 without a charge, once Stripe has forgotten the key", async () => {
    const request = aCharge();
    used.api.next = ["500 before"];
    await unavailable(
      used.stripe.charge(request),
      /^Stripe responded with 500/,
    );
    used.api.forgetful = true; // a day later
    assert.equal(await used.stripe.find(request.key), undefined);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("reports a proxy's HTML answer as unavailable", async () => {
    used.api.next = ["502"];
    await unavailable(
      used.stripe.charge(aCharge()),
      /^Stripe sent no valid response.*Invalid JSON/,
    );
  });

  it("returns the first outcome for a reused key with another amount", async () => {
    const request = aCharge();
    const outcome = await used.stripe.charge(request);
    const changed = { ...request, amount: 100n };
    assert.deepEqual(await used.stripe.charge(changed), outcome);
    assert.equal(used.api.charged(), charged + 1);
  });

  it("finds a charge by search when Stripe has forgotten its key", async () => {
    const request = aCharge();
    used.api.next = ["answer lost"];
    await unavailable(used.stripe.charge(request), /reached/);
    used.api.forgetful = true;
    const found = await used.stripe.find(request.key);
    assert.equal(found?.status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("finds nothing for unknown keys and references", async () => {
    assert.equal(await used.stripe.find(aCharge().key), undefined);
    assert.equal(await used.stripe.find("a", "pi_none"), undefined);
    assert.equal(await used.stripe.findRefund(aCharge().key), undefined);
    assert.equal(await used.stripe.findRefund("a", "re_none"), undefined);
  });

  it("rejects invalid keys without a request to Stripe", async () => {
    for (const wrong of ["", "a' OR amount>'1", "ключ", "a b"])
      await assert.rejects(used.stripe.find(wrong), /is not a valid key/);
    assert.deepEqual(used.api.requests, []);
  });

  it("finds the successful one of several charges with the same key", async () => {
    const request = aCharge({ token: "pm_card_chargeDeclined" });
    await used.stripe.charge(request);
    used.api.forgetful = true;
    const paid = await used.stripe.charge({
      ...request,
      token: "pm_card_visa",
    });
    await used.stripe.charge(request);
    assert.deepEqual(await used.stripe.find(request.key), paid);
  });

  it("reports tokens, lookups, cancellations and refunds as unavailable when Stripe fails", async () => {
    const card = {
      number: "4242 4242 4242 4242",
      expMonth: 12,
      expYear: 2099,
      cvc: "123",
    };
    const refund = { key: "a", reference: "pi_1", amount: 1n, currency: "EUR" };
    const questions: Record<string, () => Promise<unknown>> = {
      tokenize: () => used.stripe.tokenize(card),
      describe: () => used.stripe.describe("pm_card_visa"),
      find: () => used.stripe.find("a"),
      "find by reference": () => used.stripe.find("a", "pi_1"),
      cancel: () => used.stripe.cancel("pi_1", "a"),
      refund: () => used.stripe.refund(refund),
      findRefund: () => used.stripe.findRefund("a"),
      "findRefund by reference": () => used.stripe.findRefund("a", "re_1"),
    };
    for (const question of Object.values(questions))
      for (const failure of ["unreachable", "502", "429", "401"] as const) {
        used.api.next = [failure];
        await unavailable(question(), /Stripe/);
      }
  });

  it("limits the total time of an operation over all of its requests", async () => {
    const hour = 3_600_000;
    const patient = within(hour);
    used.api.next = ["500 after", "no answer"];
    const { length } = used.api.requests;
    const refused = unavailable(patient.charge(aCharge()), /Stripe/);
    while (used.api.requests.length === length) await immediately();
    clock.advance(hour - 50);
    await refused; // would take an hour more if the second request had its own timeout
    assert.equal(used.api.requests.length, length + 2);
  });

  it("reports a refused connection as unreachable", async () => {
    const closedPort = createStripe({
      secretKey,
      webhookSecret,
      apiUrl: "http://127.0.0.1:1",
    });
    await unavailable(closedPort.charge(aCharge()), /^Stripe can't be reached/);
  });
});
