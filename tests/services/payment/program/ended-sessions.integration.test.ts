import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { json, startedAuth } from "../../../support/auth/program.ts";
import type { TestTokens } from "../../../support/auth/service.ts";
import { freePort } from "../../../support/free-port.ts";
import { startedPayment } from "../../../support/payment/program.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";
import { credentials } from "../../../support/streaming/system.ts";
import { until } from "../../../support/until.ts";

describe("Payment program: access tokens of ended sessions", function () {
  this.timeout("10m");
  const authDatabase = useDatabase();
  const paymentDatabase = useDatabase();
  stopPrograms();

  async function started() {
    const PORT = `${await freePort()}`;
    const ISSUER = `http://127.0.0.1:${PORT}`;
    const startAgain = () => startedAuth(authDatabase(), { PORT, ISSUER });
    const auth = await startAgain();
    const payment = await startedPayment({
      ...{ ISSUER, DATABASE_URL: paymentDatabase(), PROCESSOR: "sandbox" },
    });
    const account = credentials();
    const give = async (path: string) => {
      const response = await fetch(ISSUER + path, json(account));
      assert.ok(response.ok, `${path} ${response.status}`);
      return ((await response.json()) as TestTokens).access_token;
    };
    /** Sends a request with a token, and returns the status. */
    const status = async (
      method: string,
      url: string,
      token: string,
      body?: object,
    ) =>
      (
        await fetch(url, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            "idempotency-key": randomUUID(),
            ...(body && { "content-type": "application/json" }),
          },
          ...(body && { body: JSON.stringify(body) }),
        })
      ).status;
    const pays = (token: string, path = "/payments") =>
      status("GET", payment.url + path, token);
    const refused = async (token: string) => {
      const isRefused = async () => (await pays(token)) === 401;
      await until(isRefused, () => "the token to be rejected");
    };
    const at = { auth: ISSUER, payment: payment.url };
    return {
      ...{ auth, payment, account, at, startAgain },
      give,
      status,
      pays,
      refused,
    };
  }

  it("rejects revoked tokens, accepts others while auth is unreachable, and catches up when auth returns", async () => {
    const { auth, payment, at, startAgain, ...test } = await started();
    const [mine, early, late] = [
      await test.give("/signup"),
      await test.give("/login"),
      await test.give("/login"),
    ];
    for (const token of [mine, early, late])
      assert.equal(await test.pays(token), 200);
    assert.equal(await test.status("POST", `${at.auth}/logout`, early), 204);
    await test.refused(early);

    // Auth ends a session, and then exits before payment polls again.
    assert.equal(await test.status("POST", `${at.auth}/logout`, late), 204);
    await auth.terminate();
    await auth.end;
    const message = "auth's revoked sessions can't be listed";
    const isLogged = () =>
      payment.lines.filter(({ msg }) => `${msg}`.startsWith(message));
    const hasNoticed = async () => {
      assert.equal(await test.pays(mine), 200);
      return isLogged().length > 0;
    };
    await until(hasNoticed);
    assert.equal(await test.pays(early), 401);

    await startAgain();
    await test.refused(late);
    assert.equal(await test.pays(mine), 200);
    assert.equal(isLogged().length, 1);
    await payment.untilLogged("auth's revoked sessions can be listed again");
  });

  it("accepts a deleted account's token only to cancel its subscription", async () => {
    const { at, account, ...test } = await started();
    const token = await test.give("/signup");
    const subscribed = await fetch(`${at.payment}/subscriptions`, {
      method: "POST",
      body: JSON.stringify({ plan: "basic", method: "pm_card_visa" }),
      headers: {
        authorization: `Bearer ${token}`,
        "idempotency-key": randomUUID(),
        "content-type": "application/json",
      },
    });
    assert.equal(subscribed.status, 201);
    const { id } = (await subscribed.json()) as { id: string };
    const { password } = account;
    assert.equal(
      await test.status("DELETE", `${at.auth}/me`, token, { password }),
      204,
    );
    await test.refused(token);
    const to = (what: string) => `${at.payment}/subscriptions/${id}/${what}`;
    assert.equal(await test.status("POST", to("resume"), token), 401);
    const now = { at: "now" };
    assert.equal(await test.status("POST", to("cancel"), token, now), 200);
  });

  it("rejects a cancellation with the revoked token of an existing account", async () => {
    const { at, ...test } = await started();
    const token = await test.give("/signup");
    assert.equal(await test.status("POST", `${at.auth}/logout`, token), 204);
    await test.refused(token);
    const url = `${at.payment}/subscriptions/${randomUUID()}/cancel`;
    assert.equal(await test.status("POST", url, token, { at: "now" }), 401);
  });
});
