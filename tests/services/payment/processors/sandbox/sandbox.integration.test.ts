import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import { testCards } from "../../../../../services/payment/processors/sandbox/cards.ts";
import { createSandbox } from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  card,
  charged,
  codeOf,
  pay,
  referenceOf,
  request,
  settle,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

describe("Sandbox: charges", () => {
  const test = useSandbox({ url: "https://bank.example/pay" });

  for (const [what, wrong, message] of [
    ["an empty key", { key: "" }, /key/],
    ["an amount of zero", { amount: 0n }, /amount has to be at least 1, not 0/],
    [
      "a negative amount",
      { amount: -5n },
      /amount has to be at least 1, not -5/,
    ],
    [
      "a lowercase currency",
      { currency: "eur" },
      /"eur" is not an ISO 4217 code/,
    ],
  ] as const)
    it(`rejects ${what}`, async () => {
      const sentRequest = request(wrong);
      await assert.rejects(test.sandbox.charge(sentRequest), message);
      assert.equal(await test.sandbox.find(sentRequest.key), undefined);
    });

  it("declines an unknown token", async () => {
    for (const token of ["pm_nobody", `pm_${"0".repeat(32)}`]) {
      const outcome = await test.sandbox.charge(request({ token }));
      assert.equal(outcome.status, "declined");
      assert.equal(codeOf(outcome), "resource_missing");
    }
  });

  for (const [what, name, other] of [
    ["another amount", "amount", { amount: 800n }],
    ["another currency", "currency", { currency: "USD" }],
    ["another valid card", "token", { token: "pm_card_mastercard" }],
    ["a declined card", "token", { token: "pm_card_chargeDeclined" }],
    ["an unknown token", "token", { token: "pm_nobody" }],
    ["another payment", "paymentId", { paymentId: randomUUID() }],
    ["another return URL", "returnUrl", { returnUrl: "https://else.example/" }],
  ] as const)
    it(`rejects a reused key with ${what}`, async () => {
      const sentRequest = request();
      const first = await test.sandbox.charge(sentRequest);
      await assert.rejects(
        test.sandbox.charge({ ...sentRequest, ...other }),
        new RegExp(`another charge: ${name} differs`),
      );
      assert.deepEqual(await test.sandbox.charge(sentRequest), first);
    });

  it("charges a valid card once per key", async () => {
    const before = await booked("CHF");
    const { sentRequest, outcome } = await pay(test, "4242424242424242", {
      currency: "CHF",
    });
    assert.equal(outcome.status, "succeeded");
    assert.match(referenceOf(outcome), /^ch_[0-9a-f]{32}$/);
    assert.deepEqual(await test.second.charge(sentRequest), outcome);
    assert.deepEqual(await test.second.find(sentRequest.key), outcome);
    assert.equal((await booked("CHF")) - before, 799n);
  });

  it("charges amounts beyond a double's precision exactly", async () => {
    const amount = 9_007_199_254_740_993n;
    await charged(test, { amount, currency: "JPY" });
    await charged(test, { amount, currency: "JPY" });
    assert.equal(await booked("JPY"), 2n * amount);
  });

  it("charges every shared token of a card that succeeds", async () => {
    for (const { tokens, behaviour } of testCards)
      if (behaviour === "succeeds")
        for (const token of tokens) await charged(test, { token });
  });

  it("finds no charge for an unknown key", async () => {
    assert.equal(await test.sandbox.find(randomUUID()), undefined);
  });

  it("charges once when the answer is lost, and returns the outcome to the same key", async () => {
    const before = await booked("EUR");
    const { token } = await test.sandbox.tokenize(card("4000990000000012"));
    const sentRequest = request({ token });
    await assert.rejects(
      test.sandbox.charge(sentRequest),
      ProcessorUnavailableError,
    );
    const found = await test.sandbox.find(sentRequest.key);
    assert.equal(found?.status, "succeeded");
    assert.deepEqual(await test.second.charge(sentRequest), found);
    assert.equal((await booked("EUR")) - before, 799n);
  });

  for (const [number, token, times] of [
    ["4000990000000020", "pm_card_unreachableOnce", 1],
    ["4000990000000038", "pm_card_unreachableThrice", 3],
  ] as const)
    it(`is unavailable for card ${number} until attempt ${times + 1}, which charges once`, async () => {
      const { token: own } = await test.sandbox.tokenize(card(number));
      for (const method of [own, token]) {
        const sentRequest = request({ token: method });
        for (let i = 0; i < times; i++) {
          await assert.rejects(
            test.sandbox.charge(sentRequest),
            ProcessorUnavailableError,
          );
          assert.equal(await test.sandbox.find(sentRequest.key), undefined);
        }
        const outcome = await test.sandbox.charge(sentRequest);
        assert.equal(outcome.status, "succeeded");
        assert.deepEqual(await test.sandbox.charge(sentRequest), outcome);
      }
    });

  for (const [number, end] of [
    ["4000990000000046", "succeeded"],
    ["4000990000000053", "declined"],
  ])
    it(`leaves card ${number} processing at first, and ${end} later`, async () => {
      const before = await booked("EUR");
      const { sentRequest, outcome } = await pay(test, number as string);
      assert.equal(outcome.status, "processing");
      assert.equal(
        (await test.sandbox.find(sentRequest.key))?.status,
        "processing",
      );
      assert.equal(await booked("EUR"), before);
      await settle(test);
      const found = await test.second.find(sentRequest.key);
      assert.equal(found?.status, end);
      assert.equal(referenceOf(found), referenceOf(outcome));
      assert.deepEqual(await test.sandbox.charge(sentRequest), found);
      assert.equal(
        (await booked("EUR")) - before,
        end === "succeeded" ? 799n : 0n,
      );
    });

  it("charges each token of card 4000990000000087 once, and declines further charges", async () => {
    const { sentRequest, outcome } = await pay(test, "4000990000000087");
    assert.equal(outcome.status, "succeeded");
    const { token } = sentRequest;
    for (let i = 0; i < 2; i++) {
      const later = await test.sandbox.charge(request({ token }));
      assert.equal(codeOf(later), "insufficient_funds");
    }
    assert.deepEqual(await test.sandbox.charge(sentRequest), outcome);
    const other = await pay(test, "4000990000000087");
    assert.equal(other.outcome.status, "succeeded");
  });

  it("settles by time alone, and answers after the configured latency", async () => {
    const times = { latencyMs: 30, settleAfterMs: 60 };
    const sandbox = createSandbox(test.database, times);
    const sentRequest = request({ token: "pm_card_processing" });
    let early = true;
    delay(times.latencyMs - 1).then(() => {
      early = false;
    });
    assert.equal((await sandbox.charge(sentRequest)).status, "processing");
    assert.ok(!early, "it answered early");
    await delay(times.settleAfterMs);
    assert.equal((await sandbox.find(sentRequest.key))?.status, "succeeded");
  });

  async function booked(currency: string): Promise<bigint> {
    const books = await test.sandbox.totals();
    return books.find((book) => book.currency === currency)?.charged ?? 0n;
  }
});
