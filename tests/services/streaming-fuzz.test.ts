import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../local/host.ts";
import { ensurePython, python } from "../python/index.ts";
import { useDatabase } from "./postgres.ts";
import { stopPrograms } from "./program.ts";
import { mediaFolder } from "./streaming-media.ts";
import { startedStreaming } from "./streaming-program.ts";
import { as } from "./streaming-service.ts";
import { newUser, useSystem } from "./streaming-system.ts";

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

describe("Streaming's OpenAPI document, taken at its word by schemathesis", function () {
  this.timeout("4m");
  const system = useSystem();
  const url = useDatabase();
  stopPrograms();
  before(ensurePython);

  for (const who of ["nobody", "a member"] as const)
    it(`gives no request of ${who} an answer that it does not have, and none a 5xx`, async () => {
      const { authUrl, paymentUrl, issuer } = system;
      const streaming = await startedStreaming({
        ...{ DATABASE_URL: url(), MEDIA_FOLDER: mediaFolder() },
        ...{ AUTH_URL: authUrl, PAYMENT_URL: paymentUrl, ISSUER: issuer },
        JWKS_URL: `${authUrl}/.well-known/jwks.json`,
      });
      const member = await newUser(system);
      const paid = await fetch(
        `${system.url}/api/payment/subscriptions`,
        as(member, "POST", { plan: "basic", method: "pm_card_visa" }),
      );
      assert.equal(paid.status, 201);
      const seed = randomInt(2 ** 31);
      const folder = mkdtempSync(join(tmpdir(), "marquee-fuzz-"));
      try {
        const said = await python("schemathesis", [
          ...["run", `${streaming.url}/openapi.json`],
          ...["--checks", checks.join()],
          ...["--max-examples", "60", "--seed", `${seed}`],
          ...["--report", "junit", "--report-dir", folder],
          ...(who === "nobody"
            ? []
            : ["--header", `Authorization: Bearer ${member.token}`]),
        ]);
        assert.match(said, /(\d{3,}) generated/, said);
      } catch (error) {
        if (error instanceof CommandError)
          assert.fail(`schemathesis, seed ${seed}:\n${error.output}`);
        throw error;
      } finally {
        rmSync(folder, { recursive: true });
      }
      const broken = streaming.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
    });
});
