import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../../local/host.ts";
import { python } from "./index.ts";

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

/**
 * Takes a service's OpenAPI document at its word: some hundred requests made out of it, right and wrong ones; fails where an answer
 * is none that the document has, or a 5xx.
 * @param url the service's
 * @param examples how many for each route
 * @param token what is sent as a bearer token. @default none
 */
export async function schemathesis(
  url: string,
  examples: number,
  token?: string,
): Promise<void> {
  const seed = randomInt(2 ** 31);
  const folder = mkdtempSync(join(tmpdir(), "marquee-fuzz-"));
  try {
    const said = await python("schemathesis", [
      ...["run", `${url}/openapi.json`],
      ...["--checks", checks.join()],
      ...["--max-examples", `${examples}`, "--seed", `${seed}`],
      ...["--report", "junit", "--report-dir", folder],
      ...(token ? ["--header", `Authorization: Bearer ${token}`] : []),
    ]);
    assert.match(said, /(\d{3,}) generated/, said);
  } catch (error) {
    if (error instanceof CommandError)
      assert.fail(`schemathesis, seed ${seed}:\n${error.output}`);
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
