import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  get,
  json,
  jsonOf,
  operatorKey,
  payment,
  post,
  recoverAll,
  type Shown,
  usePayments,
} from "../../support/payment/service.ts";

describe("Payment", () => {
  const replicas = usePayments();
  let user: string;
  beforeEach(() => {
    user = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  describe("POST /pay", () => {
    it("rejects a request without an access token, and charges nothing", async () => {
      const requests = replicas.processor.requests.length;
      const response = await replicas.first.app.request("/pay", {
        method: "POST",
        headers: { ...json, "idempotency-key": randomUUID() },
        body: JSON.stringify(payment(user)),
      });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("www-authenticate"), "Bearer");
      assert.equal(replicas.processor.requests.length, requests);
    });

    it("rejects a payment on behalf of another user", async () => {
      const body = payment(randomUUID());
      const { detail } = await jsonOf<{ detail: string }>(
        await post(replicas.first, "/pay", body, user),
        403,
      );
      assert.match(detail, new RegExp(user));
    });

    it("rejects the operators' key in place of the user's access token", async () => {
      const response = await post(
        replicas.first,
        "/pay",
        payment(user),
        "operator",
      );
      assert.equal(response.status, 403);
    });

    const bad: [
      what: string,
      more: Record<string, unknown>,
      pointer: string,
    ][] = [
      ["a missing amount", { amount: undefined }, "/amount"],
      ["an amount of zero", { amount: 0 }, "/amount"],
      ["a negative amount", { amount: -5 }, "/amount"],
      ["a fractional amount", { amount: 12.5 }, "/amount"],
      ["an amount sent as text", { amount: "1299" }, "/amount"],
      ["an amount above 2^53-1", { amount: 2 ** 53 }, "/amount"],
      ["a missing currency", { currency: undefined }, "/currency"],
      ["an unknown currency", { currency: "EURO" }, "/currency"],
      ["an invalid user id", { user_id: "me" }, "/user_id"],
      ["a missing method", { method: undefined }, "/method"],
      ["an unknown token", { method: "pm_other" }, "/method"],
      ["an unknown field", { tip: 5 }, "/tip"],
      [
        "a javascript: return URL",
        { return_url: "javascript:alert(1)" },
        "/return_url",
      ],
    ];
    for (const [what, more, pointer] of bad)
      it(`rejects ${what}, and leaves the Idempotency-Key unused`, async () => {
        const key = randomUUID();
        const body = payment(user, more);
        const { errors } = await jsonOf<{ errors: { pointer: string }[] }>(
          await post(replicas.first, "/pay", body, user, key),
          422,
        );
        assert.deepEqual(
          errors.map((error) => error.pointer),
          [pointer],
        );
        const good = await post(
          replicas.second,
          "/pay",
          payment(user),
          user,
          key,
        );
        assert.equal(good.status, 200); // the key is still unused
      });

    it("charges the card, and returns the payment", async () => {
      const paid = await jsonOf(
        await post(replicas.first, "/pay", payment(user), user),
        200,
      );
      const { id, ...rest } = paid as Shown & { created_at?: string };
      delete rest.created_at;
      assert.deepEqual(rest, {
        message: "Payment successful",
        user_id: user,
        purpose: "purchase",
        amount: 1299,
        currency: "EUR",
        status: "succeeded",
        method: { type: "card", brand: "visa", last4: "4242" },
        refunded: 0,
      });
      const found = await jsonOf(
        await get(replicas.second, `/payments/${id}`, user),
        200,
      );
      assert.equal(found.status, "succeeded");
    });

    it("returns 402 with the reason when the card is declined", async () => {
      const body = payment(user, { method: "pm_declined" });
      const declined = await jsonOf<Record<string, unknown>>(
        await post(replicas.first, "/pay", body, user),
        402,
      );
      assert.equal(declined.code, "insufficient_funds");
      assert.equal(declined.detail, "The card has too little money.");
      assert.equal((declined.payment as Shown).status, "declined");
    });

    it("returns 202 with the bank's URL when authentication is required, and the payment succeeds after it", async () => {
      const body = payment(user, { method: "pm_action" });
      const { id, message, next_action } = await jsonOf(
        await post(replicas.first, "/pay", body, user),
        202,
      );
      assert.equal(message, "Payment requires authentication");
      const reference = next_action?.url.split("/").at(-1) as string;
      replicas.processor.act(reference);
      await replicas.second.service.payments.refreshCharge(reference);
      const { status } = await jsonOf(
        await get(replicas.first, `/payments/${id}`, user),
        200,
      );
      assert.equal(status, "succeeded");
    });

    it("completes an authenticated payment even if the processor's notification never arrives", async () => {
      const body = payment(user, { method: "pm_action" });
      const { id, next_action } = await jsonOf(
        await post(replicas.first, "/pay", body, user),
        202,
      );
      replicas.processor.act(next_action?.url.split("/").at(-1) as string);
      await recoverAll(replicas.second);
      const { status } = await jsonOf(
        await get(replicas.first, `/payments/${id}`, user),
        200,
      );
      assert.equal(status, "succeeded");
    });

    it("returns 202 while the processor works on the charge, and the payment succeeds when the charge does", async () => {
      const body = payment(user, { method: "pm_slow" });
      const { id, message } = await jsonOf(
        await post(replicas.first, "/pay", body, user),
        202,
      );
      assert.equal(message, "Payment is being processed");
      const [charge] = [...replicas.processor.charges.values()].slice(-1);
      assert.ok(charge && "reference" in charge.outcome);
      replicas.processor.act(charge.outcome.reference as string);
      await recoverAll(replicas.second);
      const { status } = await jsonOf(
        await get(replicas.first, `/payments/${id}`, user),
        200,
      );
      assert.equal(status, "succeeded");
    });

    for (const behaviour of ["answer lost", "unreachable"] as const)
      it(`charges once when the processor${behaviour === "unreachable" ? " is unreachable" : "'s answer is lost"}`, async () => {
        const before = replicas.processor.charges.size;
        replicas.processor.next.push(behaviour, behaviour);
        const key = randomUUID();
        const response = await post(
          replicas.first,
          "/pay",
          payment(user),
          user,
          key,
        );
        const { id, status } = await jsonOf(response.clone(), 202);
        assert.equal(status, "processing");
        await recoverAll(replicas.second);
        const found = await jsonOf(
          await get(replicas.first, `/payments/${id}`, user),
          200,
        );
        assert.equal(found.status, "succeeded");
        assert.equal(replicas.processor.charges.size, before + 1);
        const again = await post(
          replicas.first,
          "/pay",
          payment(user),
          user,
          key,
        );
        assert.equal(await again.text(), await response.text());
      });
  });

  describe("ledger routes", () => {
    it("returns 401 without the operators' key", async () => {
      for (const path of ["/ledger/balances", "/ledger/audit"]) {
        assert.equal((await get(replicas.first, path, user)).status, 401);
        assert.equal((await replicas.first.app.request(path)).status, 401);
      }
      assert.equal(
        (await get(replicas.first, "/ledger/audit", `${operatorKey}x`)).status,
        401,
      );
    });
  });
});
