import assert from "node:assert/strict";
import { setImmediate as immediately } from "node:timers/promises";
import { ProcessorUnavailable } from "../../../../../services/payment/processors/processor.ts";
import { createStripe } from "../../../../../services/payment/processors/stripe/stripe.ts";
import { useClock } from "../../../../support/clock.ts";
import {
  aCharge,
  rejects,
  useStripe,
} from "../../../../support/payment/stripe-service.ts";
import {
  type Mishap,
  secretKey,
} from "../../../../support/stripe/api-answers.ts";
import { webhookSecret } from "../../../../support/stripe/events.ts";

describe("Stripe in trouble", () => {
  const used = useStripe();
  const clock = useClock();
  let charged: number;
  beforeEach(() => {
    charged = used.api.charged();
  });
  const unavailable = (work: Promise<unknown>, expected: RegExp) =>
    rejects(work, ProcessorUnavailable, expected);

  /** A charge to which something happens, and then again with the same key. */
  async function twice(mishap: Mishap, expected: RegExp) {
    const request = aCharge();
    used.api.next = [mishap];
    await unavailable(used.stripe.charge(request), expected);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  }

  it("charges once where the answer does not come in time", () =>
    twice("no answer", /^Stripe can't be reached: .*timeout/));

  it("charges once where the answer is lost", () =>
    twice("answer lost", /^Stripe can't be reached/));

  it("charges once where it was not reached", () =>
    twice("unreachable", /^Stripe can't be reached/));

  it("charges once where it has too much to do", () =>
    twice("429", /^Stripe answered 429, request req_of_the_tests/));

  it("charges once where the key is in use", () =>
    twice("409", /^Stripe answered 409.*in-progress request/));

  it("says that the secret key is wrong, and charges when that is mended", async () => {
    await twice("401", /does not take STRIPE_SECRET_KEY \(401, request req_/);
    charged++;
    await twice("403", /does not take STRIPE_SECRET_KEY \(403/);
  });

  it("finds the charge behind an answer 500, which would come again for a day", async () => {
    const request = aCharge();
    used.api.next = ["500 after"];
    const outcome = await used.stripe.charge(request);
    assert.equal(outcome.status, "succeeded");
    assert.deepEqual(await used.stripe.charge(request), outcome);
    assert.equal(used.api.charged(), charged + 1);
  });

  it("does not know what is behind a 500 until the search does", async () => {
    used.api.indexed = false;
    const request = aCharge();
    used.api.next = ["500 after"];
    await unavailable(used.stripe.charge(request), /^Stripe answered 500/);
    await unavailable(used.stripe.charge(request), /^Stripe answered 500/);
    used.api.index();
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("is asked again where nothing was done before a 500", async () => {
    const request = aCharge();
    used.api.next = ["500 before"];
    await unavailable(used.stripe.charge(request), /^Stripe answered 500/);
    used.api.forgetful = true; // a day later
    assert.equal(await used.stripe.find(request.key), undefined);
    assert.equal((await used.stripe.charge(request)).status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("may be behind a proxy that answers in HTML", async () => {
    used.api.next = ["502"];
    await unavailable(
      used.stripe.charge(aCharge()),
      /^Stripe gave no answer.*Invalid JSON/,
    );
  });

  it("has charged under a key for a request that was not the same", async () => {
    const request = aCharge();
    const outcome = await used.stripe.charge(request);
    const changed = { ...request, amount: 100n };
    assert.deepEqual(await used.stripe.charge(changed), outcome);
    assert.equal(used.api.charged(), charged + 1);
  });

  it("knows after a day by `find` what it does not know any more by key", async () => {
    const request = aCharge();
    used.api.next = ["answer lost"];
    await unavailable(used.stripe.charge(request), /reached/);
    used.api.forgetful = true;
    const found = await used.stripe.find(request.key);
    assert.equal(found?.status, "succeeded");
    assert.equal(used.api.charged(), charged + 1);
  });

  it("has never heard of what it was not asked", async () => {
    assert.equal(await used.stripe.find(aCharge().key), undefined);
    assert.equal(await used.stripe.find("a", "pi_none"), undefined);
    assert.equal(await used.stripe.findRefund(aCharge().key), undefined);
    assert.equal(await used.stripe.findRefund("a", "re_none"), undefined);
  });

  it("is not asked for what can't be a key", async () => {
    for (const wrong of ["", "a' OR amount>'1", "ключ", "a b"])
      await assert.rejects(used.stripe.find(wrong), /can't be a key/);
    assert.deepEqual(used.api.asked, []);
  });

  it("has of several charges under one key the one that went through", async () => {
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

  it("says so of everything that it is asked", async () => {
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
      for (const mishap of ["unreachable", "502", "429", "401"] as const) {
        used.api.next = [mishap];
        await unavailable(question(), /Stripe/);
      }
  });

  it("takes no longer than an operation may, however many requests that is", async () => {
    const hour = 3_600_000;
    const patient = createStripe({
      secretKey,
      webhookSecret,
      api: used.api.url,
      timeout: hour,
    });
    used.api.next = ["500 after", "no answer"];
    const { length } = used.api.asked;
    const refused = unavailable(patient.charge(aCharge()), /Stripe/);
    while (used.api.asked.length === length) await immediately();
    clock.advance(hour - 50);
    await refused; // an hour later if the second request had an hour of its own
    assert.equal(used.api.asked.length, length + 2);
  });

  it("is at an address where nobody is", async () => {
    const nowhere = createStripe({
      secretKey,
      webhookSecret,
      api: "http://127.0.0.1:1",
    });
    await unavailable(nowhere.charge(aCharge()), /^Stripe can't be reached/);
  });
});
