import assert from "node:assert/strict";
import { startedPayment } from "../../../support/payment/program.ts";
import { operatorKey } from "../../../support/payment/service.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";
import { ensurePython } from "../../../support/python/index.ts";
import { schemathesis } from "../../../support/python/schemathesis.ts";
import { useIssuer, user } from "../../../support/service-kit/access-token.ts";

describe("Payment's OpenAPI document, checked by schemathesis", function () {
  this.timeout("10m");
  const url = useDatabase();
  const issuer = useIssuer();
  stopPrograms();
  before(ensurePython);

  for (const who of ["anonymous", "user", "operator"] as const)
    it(`documents every response to ${who} requests, none of them a 5xx`, async () => {
      const payment = await startedPayment({
        DATABASE_URL: url(),
        ISSUER: issuer.url,
      });
      const token = await issuer.token();
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      };
      // Gives the read routes a payment to return.
      const paid = await fetch(`${payment.url}/pay`, {
        method: "POST",
        headers: { ...headers, "idempotency-key": "first" },
        body: JSON.stringify({
          ...{ user_id: user.id, amount: 999, currency: "EUR" },
          method: "pm_card_visa",
        }),
      });
      assert.equal(paid.status, 200);
      const sent = { user: token, operator: operatorKey, anonymous: "" };
      await schemathesis(payment.url, 25, sent[who]);
      const broken = payment.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
      const audit = await fetch(`${payment.url}/ledger/audit`, {
        headers: { authorization: `Bearer ${operatorKey}` },
      });
      const { balanced } = (await audit.json()) as { balanced: boolean };
      assert.equal(balanced, true);
    });
});
