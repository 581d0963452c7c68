import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../local/host.ts";
import { ensurePython, python } from "../python/index.ts";
import { startedPayment } from "./payment-program.ts";
import { operatorKey } from "./payment-service.ts";
import { useDatabase } from "./postgres.ts";
import { stopPrograms } from "./program.ts";
import { useIssuer, user } from "./runtime-access-token.ts";

/** What schemathesis checks of each response; besides: whether documents' own examples and links hold. */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "ignored_auth",
  "use_after_free",
];

describe("Payment's OpenAPI document, taken at its word by schemathesis", function () {
  this.timeout("5m");
  const url = useDatabase();
  const issuer = useIssuer();
  stopPrograms();
  before(ensurePython);

  for (const who of ["nobody", "somebody", "an operator"] as const)
    it(`gives no request of ${who} an answer that it does not have, and none a 5xx`, async () => {
      const payment = await startedPayment({
        DATABASE_URL: url(),
        ISSUER: issuer.url,
      });
      const token = await issuer.token();
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
      };
      // Something to find, for what reads.
      const paid = await fetch(`${payment.url}/pay`, {
        method: "POST",
        headers: { ...headers, "idempotency-key": "first" },
        body: JSON.stringify({
          ...{ user_id: user.id, amount: 999, currency: "EUR" },
          method: "pm_card_visa",
        }),
      });
      assert.equal(paid.status, 200);
      const seed = randomInt(2 ** 31);
      const folder = mkdtempSync(join(tmpdir(), "marquee-fuzz-"));
      const sent = { somebody: token, "an operator": operatorKey, nobody: "" };
      try {
        const said = await python("schemathesis", [
          ...["run", `${payment.url}/openapi.json`],
          ...["--checks", checks.join()],
          ...["--max-examples", "25", "--seed", `${seed}`],
          ...["--report", "junit", "--report-dir", folder],
          ...(sent[who]
            ? ["--header", `Authorization: Bearer ${sent[who]}`]
            : []),
        ]);
        assert.match(said, /(\d{3,}) generated/, said);
      } catch (error) {
        if (error instanceof CommandError)
          assert.fail(`schemathesis, seed ${seed}:\n${error.output}`);
        throw error;
      } finally {
        rmSync(folder, { recursive: true });
      }
      const broken = payment.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
      const audit = await fetch(`${payment.url}/ledger/audit`, {
        headers: { authorization: `Bearer ${operatorKey}` },
      });
      const { balanced } = (await audit.json()) as { balanced: boolean };
      assert.equal(balanced, true);
    });
});
