import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../local/host.ts";
import { ensurePython, python } from "../python/index.ts";
import { useDatabase } from "./postgres.ts";
import { start, stopPrograms } from "./program.ts";

const password = "a long sentence about nothing";

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

describe("Auth's OpenAPI document, taken at its word by schemathesis", function () {
  this.timeout("4m");
  const url = useDatabase();
  stopPrograms();
  before(ensurePython);

  for (const [who, examples] of [
    ["nobody", 60],
    ["somebody with a token", 60],
  ] as const)
    it(`gives no request of ${who} an answer that it does not have, and none a 5xx`, async () => {
      const auth = await start("tests/services/fixtures/auth.ts", {
        DATABASE_URL: url(),
      });
      await auth.ready();
      const response = await fetch(`${auth.url}/signup`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: `${who.length}@example.com`, password }),
      });
      const { access_token } = (await response.json()) as Record<
        string,
        string
      >;
      assert.ok(access_token);
      const seed = randomInt(2 ** 31);
      const folder = mkdtempSync(join(tmpdir(), "marquee-fuzz-"));
      try {
        const said = await python("schemathesis", [
          ...["run", `${auth.url}/openapi.json`],
          ...["--checks", checks.join()],
          ...["--max-examples", `${examples}`, "--seed", `${seed}`],
          ...["--report", "junit", "--report-dir", folder],
          ...(who === "nobody"
            ? []
            : ["--header", `Authorization: Bearer ${access_token}`]),
        ]);
        assert.match(said, /(\d{3,}) generated/, said);
      } catch (error) {
        if (error instanceof CommandError)
          assert.fail(`schemathesis, seed ${seed}:\n${error.output}`);
        throw error;
      } finally {
        rmSync(folder, { recursive: true });
      }
      const broken = auth.lines.filter(({ level }) => level === "error");
      assert.deepEqual(broken, []);
    });
});
