import assert from "node:assert/strict";
import { useDatabase } from "../../../support/postgres.ts";
import { start, stopPrograms } from "../../../support/program.ts";
import { ensurePython } from "../../../support/python/index.ts";
import { schemathesis } from "../../../support/python/schemathesis.ts";

const password = "a long sentence about nothing";

describe("Auth's OpenAPI document, fuzzed by schemathesis", function () {
  this.timeout("10m");
  const url = useDatabase();
  stopPrograms();
  before(ensurePython);

  for (const [signedInAs, examples] of [
    ["an anonymous client", 60],
    ["an authenticated client", 60],
  ] as const)
    it(`describes every response to ${signedInAs}, none of which is a 5xx`, async () => {
      const auth = await start("tests/support/programs/auth.ts", {
        DATABASE_URL: url(),
      });
      await auth.ready();
      const response = await fetch(`${auth.url}/signup`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          email: `${signedInAs.length}@example.com`,
          password,
        }),
      });
      const { access_token } = (await response.json()) as Record<
        string,
        string
      >;
      assert.ok(access_token);
      await schemathesis(
        auth.url,
        examples,
        signedInAs === "an anonymous client" ? undefined : access_token,
      );
      const broken = auth.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
    });
});
