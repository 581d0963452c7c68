import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import type { RefundOutcome } from "../../../../../services/payment/processors/processor.ts";
import {
  card,
  charged,
  pay,
  referenceOf,
  request,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

describe("Sandbox: concurrent requests", () => {
  const test = useSandbox();

  /** Each run has its own currency, and so its own book. */
  let runs = 0;
  function newCurrency(): string {
    runs += 1;
    const letters = [Math.floor(runs / 676), Math.floor(runs / 26), runs];
    return letters.map((n) => String.fromCharCode(65 + (n % 26))).join("");
  }
  const bookOf = async (currency: string) =>
    (await test.sandbox.totals()).find((book) => book.currency === currency);

  const anyone = (i: number) => (i % 2 === 0 ? test.sandbox : test.second);

  const good = [
    "4242424242424242",
    "378282246310005",
    "4000000000009995",
    "4000990000000012",
    "4000990000000020",
  ] as const;
  const aCharge = fc.record({
    number: fc.constantFrom(...good),
    amount: fc.bigInt(1n, 10n ** 15n),
    times: fc.integer({ min: 1, max: 6 }),
  });

  it("charges once per key, with any cards, amounts and repetitions", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aCharge, { minLength: 1, maxLength: 5 }),
        async (charges) => {
          const currency = newCurrency();
          let expected = 0n;
          const all = charges.map(async ({ number, amount, times }) => {
            const { token } = await test.sandbox.tokenize(card(number));
            const sentRequest = request({ token, amount, currency });
            const answers = await Promise.allSettled(
              Array.from({ length: times }, (_, i) =>
                anyone(i).charge(sentRequest),
              ),
            );
            const last = await test.sandbox
              .charge(sentRequest)
              .catch(() => test.sandbox.charge(sentRequest)); // these cards fail one request at most
            for (const answer of answers)
              if (answer.status === "fulfilled")
                assert.deepEqual(answer.value, last);
            assert.deepEqual(await test.second.find(sentRequest.key), last);
            const declined = number === "4000000000009995";
            assert.equal(last.status, declined ? "declined" : "succeeded");
            if (!declined) expected += amount;
          });
          await Promise.all(all);
          const charged = (await bookOf(currency))?.charged ?? 0n;
          assert.equal(charged, expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("never refunds more than was charged, and refunds once per key", async () => {
    const aRefund = fc.record({
      charge: fc.nat({ max: 1 }),
      amount: fc.bigInt(1n, 60n),
      times: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(aRefund, { minLength: 1, maxLength: 6 }),
        async (refunds) => {
          const currency = newCurrency();
          const more = { currency, amount: 100n };
          const references = [
            await charged(test, more),
            await charged(test, more),
          ];
          const outcomes = await Promise.all(
            refunds.map(async ({ charge, amount, times }) => {
              const reference = references[charge] as string;
              const sentRequest = {
                key: randomUUID(),
                reference,
                amount,
                currency,
              };
              const answers: RefundOutcome[] = await Promise.all(
                Array.from({ length: times }, (_, i) =>
                  anyone(i).refund(sentRequest),
                ),
              );
              for (const answer of answers)
                assert.deepEqual(answer, answers[0]);
              return answers[0];
            }),
          );
          const back = [0n, 0n];
          refunds.forEach(({ charge, amount }, i) => {
            const { status } = outcomes[i] as RefundOutcome;
            if (status === "succeeded")
              back[charge] = (back[charge] ?? 0n) + amount;
          });
          refunds.forEach(({ charge, amount }, i) => {
            assert.ok((back[charge] ?? 0n) <= 100n);
            // A refund fails only if it exceeds what is left.
            if (outcomes[i]?.status === "failed")
              assert.ok((back[charge] ?? 0n) + amount > 100n);
          });
          assert.deepEqual(await bookOf(currency), {
            currency,
            charged: 200n,
            refunded: back.reduce((sum, one) => sum + one),
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  it("returns one outcome to all concurrent answers and cancellations of an action", async () => {
    const answers = fc.array(fc.constantFrom("approve", "refuse", "cancel"), {
      minLength: 2,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(answers, async (answers) => {
        const currency = newCurrency();
        const { sentRequest, outcome } = await pay(test, "4000000000003220", {
          currency,
        });
        const reference = referenceOf(outcome);
        const outcomes = await Promise.all(
          answers.map((answer, i) =>
            answer === "cancel"
              ? anyone(i).cancel(reference, randomUUID())
              : anyone(i).authenticate(reference, answer === "approve"),
          ),
        );
        const last = await test.sandbox.find(sentRequest.key);
        for (const one of outcomes) assert.deepEqual(one, last);
        const charged = (await bookOf(currency))?.charged ?? 0n;
        assert.equal(charged, last?.status === "succeeded" ? 799n : 0n);
      }),
      { numRuns: 25 },
    );
  });
});
