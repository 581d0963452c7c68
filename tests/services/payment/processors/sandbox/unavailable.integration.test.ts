import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Database, DatabaseUnavailableError } from "@marquee/service-kit";
import { ProcessorUnavailableError } from "../../../../../services/payment/processors/processor.ts";
import {
  createSandbox,
  type Sandbox,
} from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  card,
  charged,
  openUnavailable,
  refund,
  request,
  useSandbox,
} from "../../../../support/payment/sandbox.ts";

const reference = "ch_00000000000000000000000000000000";

const calls: [string, (sandbox: Sandbox) => Promise<unknown>][] = [
  ["tokenize", (sandbox) => sandbox.tokenize(card("4242424242424242"))],
  ["describe", (sandbox) => sandbox.describe(`pm_${"0".repeat(32)}`)],
  ["charge", (sandbox) => sandbox.charge(request())],
  ["find", (sandbox) => sandbox.find(randomUUID())],
  ["cancel", (sandbox) => sandbox.cancel(reference, randomUUID())],
  ["refund", (sandbox) => sandbox.refund(refund(reference))],
  ["findRefund", (sandbox) => sandbox.findRefund(randomUUID())],
  ["pendingAction", (sandbox) => sandbox.pendingAction(reference)],
  ["authenticate", (sandbox) => sandbox.authenticate(reference, true)],
  ["books", (sandbox) => sandbox.totals()],
];

describe("Sandbox: unavailable database", () => {
  let database: Database;
  before(() => {
    database = openUnavailable();
  });
  after(() => database.close());

  for (const [name, call] of calls)
    it(`rejects ${name} with ProcessorUnavailableError`, async () => {
      await assert.rejects(call(createSandbox(database)), (error) => {
        assert.ok(error instanceof ProcessorUnavailableError);
        assert.ok(error.cause instanceof DatabaseUnavailableError);
        assert.equal(error.message, "The sandbox is unavailable.");
        return true;
      });
    });
});

describe("Sandbox: connection lost after the work was done", () => {
  const test = useSandbox();

  /** A sandbox that loses the answer to its nth statement or COMMIT. */
  function losing(nth: number): Sandbox {
    let count = 0;
    async function lose<T>(work: () => Promise<T>): Promise<T> {
      const result = await work();
      count += 1;
      if (count === nth)
        throw new DatabaseUnavailableError(new Error("connection lost"));
      return result;
    }
    const { database } = test;
    return createSandbox({
      query: (text, values) => lose(() => database.query(text, values)),
      transaction: (work, options) =>
        lose(() => database.transaction(work, options)),
      close: () => database.close(),
    });
  }

  const booked = async () =>
    (await test.sandbox.totals()).find(
      ({ currency }) => currency === "EUR",
    ) ?? {
      charged: 0n,
      refunded: 0n,
    };

  for (const token of [
    "pm_card_visa",
    "pm_card_chargeDeclined",
    "pm_card_processing",
    "pm_card_authenticationRequired",
  ])
    it(`returns the stored outcome when a charge of ${token} is repeated with the same key`, async () => {
      const before = await booked();
      const sentRequest = request({ token });
      await assert.rejects(
        losing(1).charge(sentRequest),
        ProcessorUnavailableError,
      );
      const found = await test.second.find(sentRequest.key);
      assert.ok(found, "the charge is not found by its key");
      assert.deepEqual(await test.sandbox.charge(sentRequest), found);
      const more = (await booked()).charged - before.charged;
      assert.equal(more, token === "pm_card_visa" ? 799n : 0n);
    });

  it("refunds once, and returns the stored outcome to the same key", async () => {
    const reference = await charged(test);
    const before = await booked();
    for (const [nth, amount] of [
      [2, 100n], // the COMMIT
      [3, 10n], // the read after the COMMIT
    ] as const) {
      const sentRequest = refund(reference, { amount });
      await assert.rejects(
        losing(nth).refund(sentRequest),
        ProcessorUnavailableError,
      );
      const found = await test.second.findRefund(sentRequest.key);
      assert.equal(found?.status, "succeeded");
      assert.deepEqual(await test.sandbox.refund(sentRequest), found);
    }
    assert.equal((await booked()).refunded - before.refunded, 110n);
  });
});
