import assert from "node:assert/strict";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";
import { ensurePython } from "../../../support/python/index.ts";
import { schemathesis } from "../../../support/python/schemathesis.ts";
import { mediaFolder } from "../../../support/streaming/media.ts";
import { startedStreaming } from "../../../support/streaming/program.ts";
import { as } from "../../../support/streaming/service.ts";
import { newUser, useSystem } from "../../../support/streaming/system.ts";

describe("Streaming's OpenAPI document, checked by schemathesis", function () {
  this.timeout("10m");
  const system = useSystem();
  const url = useDatabase();
  stopPrograms();
  before(ensurePython);

  for (const who of ["anonymous", "authenticated"] as const)
    it(`documents every answer to ${who} requests, none of them a 5xx`, async () => {
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
      await schemathesis(
        streaming.url,
        60,
        who === "anonymous" ? undefined : member.token,
      );
      const broken = streaming.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
    });
});
